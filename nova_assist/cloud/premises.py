# SPDX-License-Identifier: Apache-2.0
"""The folders, shares and stand-ins of a cloud: made before its services start, cleaned up after.

Main class: :class:`Premises`. When that is done is left to :mod:`nova_assist.cloud.cloud`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path

from nova_assist.accounts import Account, Accounts
from nova_assist.cloud import host, separation
from nova_assist.cloud.abandoned import remove_volumes
from nova_assist.cloud.reaper import Remains
from nova_assist.cloud.settings import SETTINGS_FILE, CinderSettings
from nova_assist.cloud.shares import ShareLayout
from nova_assist.cloud.stand_ins import StandIns


class Premises:
    """Where a cloud keeps its files.

    :param mark: the cloud's id.
    :ivar compute: the compute service's folder.
    :ivar logs: the folder of both services' logs.
    :ivar scratch: a folder for passing files; in memory where the machine has a folder for that.
    :ivar stand_ins: programs that Cinder finds before those of the machine.
    :ivar claims: the descriptors by which the folders are ours.
    :ivar root_squashed: whether root counts for nobody on the share; known once it is prepared
        for accounts.
    """

    def __init__(
        self,
        folder: Path,
        layout: ShareLayout,
        settings: CinderSettings,
        accounts: Accounts | None,
        mark: str,
    ) -> None:
        self._folder = folder
        self._layout = layout
        self._settings = settings
        self._accounts = accounts
        self.compute = folder / 'compute'
        self.logs = folder / 'log'
        self.scratch = host.scratch_base(folder) / f'nova-assist-{mark}'
        self.stand_ins = StandIns(folder / 'bin', layout.export is None, settings.privilege)
        self.claims: list[int] = []
        self.root_squashed = False

    @property
    def settings_file(self) -> Path:
        """Where the settings are once they are prepared."""
        return self._settings.folder / SETTINGS_FILE

    @property
    def path(self) -> str:
        """The ``PATH`` of Cinder, which finds the stand-ins first."""
        path = os.environ.get('PATH', os.defpath)
        return os.pathsep.join([str(self.stand_ins.folder), path]) if self._has_stand_ins else path

    @property
    def _account(self) -> Account | None:
        """Cinder's."""
        return self._accounts.cinder if self._accounts else None

    @property
    def _has_stand_ins(self) -> bool:
        return self.stand_ins.local or self._accounts is not None

    def claim(self) -> None:
        """Make the folder ours, and the share's if it is local.

        :raises FolderError: one can't be made, or is another cloud's.
        """
        for folder in (self._folder, self._layout.local_base):
            if folder:
                self.claims.append(host.claim_folder(folder))

    def release(self) -> None:
        """Give the folders back."""
        claims, self.claims = self.claims, []
        for claim in claims:
            os.close(claim)

    def remains(self, temporary: bool) -> Remains:
        """Return what is to be cleaned up in the end; what was there before us stays.

        :param temporary: the folder is, too, if this process is killed.
        """
        return Remains(
            mount_base=self._layout.unmount_below,
            passing=[self.scratch],
            abandoned=[self._folder] if temporary else [],
            empty=self._layout.missing(),
        )

    def prepare(self, environment: Mapping[str, str]) -> None:
        """Make the folders, the shares, and the settings' file.

        :param environment: of processes that are to end with the cloud.
        """
        self.scratch.mkdir(mode=0o700)
        folders = (self._settings.folder, self.compute, self.logs)
        for folder in folders:
            folder.mkdir(exist_ok=True)
        account = self._account
        if self._accounts:
            separation.let_pass(self._folder, self._accounts)
            separation.give_folders(self._accounts, *folders[:2], self.scratch, self._layout)
        self._layout.prepare(self._settings.mount_options, environment, account)
        if account:
            view = next(iter(self._layout.views.values()))
            self.root_squashed = separation.root_is_squashed(view.path, account)
        if self._has_stand_ins:
            self.stand_ins.write(account)
        self._settings.save(self.settings_file, account)

    def add(self, settings: CinderSettings) -> Path:
        """Make the folder of a further Cinder; return its settings' file, which is written."""
        account = self._account
        settings.folder.mkdir(exist_ok=True)
        if account:
            separation.give_readable(settings.folder, account)
        file = settings.folder / SETTINGS_FILE
        settings.save(file, account)
        return file

    def switch_driver(self, driver: str) -> None:
        """Have Cinder's next start load another driver."""
        self._settings = dataclasses.replace(self._settings, driver=driver)
        self._settings.save(self.settings_file, self._account)

    def forget_volumes(self) -> None:
        """Leave no volume on a share that outlives the database that knows of them."""
        if self._layout.own:
            return
        account = self._account
        with account.files() if account else contextlib.nullcontext():
            database = self._settings.folder / 'cinder.sqlite'
            remove_volumes(database, (view.path for view in self._layout.all))
