# SPDX-License-Identifier: Apache-2.0
"""The embedded cloud as a context manager; main class: :class:`Cloud`.

It composes the other modules of this package and has no logic of its own about any of them.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from nova_assist.accounts import Accounts
from nova_assist.cloud import host, separation, services, shares
from nova_assist.cloud.abandoned import remove_volumes
from nova_assist.cloud.clients import Endpoints, KeystoneEndpoints
from nova_assist.cloud.keystone import Keystone
from nova_assist.cloud.reaper import MARK, Reaper, Remains
from nova_assist.cloud.service import STOP_SECONDS, Service
from nova_assist.cloud.settings import CinderSettings, Privilege, check_options
from nova_assist.cloud.shares import ShareView
from nova_assist.cloud.stand_ins import StandIns

#: The backends, their volume types, and the format of their volumes: all of one name.
BACKENDS = ('raw', 'qcow2')

_COMPUTE = (sys.executable, '-m', 'nova_assist.compute')


class Cloud:
    """A real Cinder and an embedded compute service, with a share for each of two backends.

    Entering starts both and returns when both are ready; leaving stops both, and leaves no
    process and no mount behind, nor does the end of this process in any way. The database and a
    local share stay in the folder: a later cloud in the same folder goes on from there.

    :param folder: where everything of the cloud is kept; made if missing.
    :param driver: the class path of a RemoteFS volume driver.
    :param share: a local folder, an NFS export ``host:/path`` to mount (as root; both backends
        are then on this one share), or ``None`` for a folder of the cloud's own.
    :param options: further options for the backends' sections of ``cinder.conf``.
    :param cinder_port: the TCP port on 127.0.0.1 for Cinder, 0 for any free one.
    :param compute_port: likewise for the compute service.
    :param compute_command: what to run as the compute service, before its arguments.
    :param temporary: nothing is to outlast the cloud: its volumes are taken off a share of others
        in the end, and the folder is removed if this process is killed while the cloud runs.
    :param accounts: who runs Cinder and the hypervisor, if not we ourselves; that needs root.
    :param with_keystone: whether users log in with a Keystone of the cloud's own.
    :param cinder_environment: further environment variables for Cinder.
    :param compute_environment: likewise for the compute service.
    :ivar mark: the cloud's id, which its processes carry in their environment.
    :ivar cinder: the Cinder process: API, scheduler and volume services.
    :ivar compute: the compute service's process.
    :ivar keystone: the Keystone, if there is one.
    :raises PortInUseError: something else listens on a port.
    :raises SettingsError: an option can't be expressed in ``cinder.conf``.
    """

    def __init__(
        self,
        folder: Path,
        *,
        driver: str,
        share: str | None = None,
        options: Mapping[str, str] | None = None,
        cinder_port: int = 0,
        compute_port: int = 0,
        compute_command: tuple[str, ...] = _COMPUTE,
        temporary: bool = False,
        accounts: Accounts | None = None,
        with_keystone: bool = False,
        cinder_environment: Mapping[str, str] | None = None,
        compute_environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder.resolve()
        self.driver = driver
        self.accounts = accounts
        self.mark = secrets.token_hex(8)
        check_options(options or {})
        wanted = {'cinder': cinder_port, 'compute': compute_port}
        ports = host.choose_ports({**wanted, **({'keystone': 0} if with_keystone else {})})
        self.keystone = (
            Keystone(self.folder, ports['keystone'], self.child_environment())
            if with_keystone
            else None
        )
        self._layout = shares.plan(share, self.folder, BACKENDS)
        self._settings = self._cinder_settings(ports, options or {})
        self._stand_ins = StandIns(
            self.folder / 'bin', self._layout.export is None, self._settings.privilege
        )
        self._endpoints = self._find_endpoints()
        self._scratch = host.scratch_base(self.folder) / f'nova-assist-{self.mark}'
        self._temporary = temporary
        self.cinder = services.cinder(
            self._settings,
            self._settings_file,
            self.folder / 'log' / 'cinder.log',
            {**self._cinder_environment(), **(cinder_environment or {})},
            accounts,
            host.umask(),
        )
        self.compute = services.compute(
            [*compute_command, str(self.folder / 'compute'), '--port', str(ports['compute'])],
            self._settings,
            self._layout,
            self.folder / 'log' / 'compute.log',
            {**self.child_environment(), **(compute_environment or {})},
            accounts,
        )
        self._reaper: Reaper | None = None
        self._root_squashed = False
        self._claims: list[int] = []
        self._standing = contextlib.ExitStack()

    def __enter__(self) -> Cloud:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything, and return when it is ready; whatever fails, leave nothing behind.

        :raises MissingToolError: QEMU's programs are missing.
        :raises FolderError: the folder, or the share's local one, can't be made, or another
            cloud runs in it.
        :raises ShareError: the share can't be mounted or written.
        :raises ServiceError: a service doesn't start, for instance because of the driver.
        """
        try:
            host.check_tools()
            if self.accounts:
                separation.check_programs(self.accounts, self.child_environment())
                self._standing.enter_context(self.accounts.cinder.joined())
                self._standing.enter_context(separation.readable())
            self._claim()
            self._reaper = Reaper(self.mark, self._remains(), self._claims)
            self._prepare()
            for service in self._services:
                service.spawn()
            for service in self._services:
                service.await_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both services in order, then kill and unmount whatever is left of the cloud.

        :raises CleanUpError: something can't be killed or unmounted.
        """
        try:
            deadline = time.monotonic() + STOP_SECONDS
            self.cinder.terminate()
            self.compute.terminate()
            for service in reversed(self._services):
                service.stop(max(0.0, deadline - time.monotonic()))
            self._forget_volumes()
        finally:
            self._clean_up()

    def check(self) -> None:
        """See that both services run.

        :raises ServiceError: one ended by itself.
        """
        for service in self._services:
            service.check()

    def cinderclient(self, project: str = 'demo', user: str = 'admin') -> Any:
        """Return a python-cinderclient that acts as the user in the project."""
        return self._endpoints.cinderclient(project, user)

    def novaclient(self, project: str = 'demo', user: str = 'admin', version: str = '2.60') -> Any:
        """Return a python-novaclient that acts as the user in the project.

        :param version: the compute API's microversion.
        """
        return self._endpoints.novaclient(project, user, version)

    def environment(self, project: str = 'demo', user: str = 'admin') -> dict[str, str]:
        """Return the variables that make the ``openstack`` command talk to us."""
        return self._endpoints.environment(project, user)

    def versions(self) -> dict[str, str]:
        """Return the versions of what the cloud is made of, by name."""
        return host.versions()

    @property
    def shares(self) -> Mapping[str, ShareView]:
        """The share by backend."""
        return self._layout.views

    @property
    def options(self) -> Mapping[str, str]:
        """The further options that the backends were given."""
        return self._settings.options

    @property
    def root_squashed(self) -> bool:
        """Whether root counts for nobody on the share; known once a cloud with accounts runs."""
        return self._root_squashed

    @property
    def does_without_root(self) -> bool:
        """Whether to ask for root is a fault of the driver."""
        return self._settings.privilege is Privilege.NONE

    @property
    def asked_for_root(self) -> Path:
        """The file with a line for each time that Cinder asked to become root."""
        return self._stand_ins.asked_for_root

    @property
    def scratch(self) -> Path:
        """A folder of the cloud's own for passing files, there while it runs.

        It is in memory where the machine has a folder for that, else in the cloud's folder.
        """
        return self._scratch

    @property
    def _services(self) -> tuple[Service, ...]:
        """All services, in the order in which they become ready."""
        first = (self.keystone.service,) if self.keystone else ()
        return (*first, self.compute, self.cinder)

    def _find_endpoints(self) -> Endpoints:
        urls = (self._settings.url, self._settings.compute_url)
        if self.keystone is None:
            return Endpoints(*urls)
        return KeystoneEndpoints(*urls, self.keystone.identity, self.folder)

    @property
    def _settings_file(self) -> Path:
        return self._settings.folder / 'settings.json'

    def _cinder_settings(
        self, ports: Mapping[str, int], options: Mapping[str, str]
    ) -> CinderSettings:
        return CinderSettings(
            folder=self.folder / 'cinder',
            driver=self.driver,
            port=ports['cinder'],
            compute_url=f'http://127.0.0.1:{ports["compute"]}/v2.1',
            mount_base=self._layout.base,
            shares={name: view.name for name, view in self.shares.items()},
            qcow2_backends=('qcow2',),
            options=dict(options),
            privilege=separation.privilege(self.accounts, options),
            identity=self.keystone.identity if self.keystone else None,
        )

    def child_environment(self) -> dict[str, str]:
        """Return our environment with the cloud's mark, for processes that are to end with it."""
        return {**host.child_environment(), MARK: self.mark}

    @property
    def _has_stand_ins(self) -> bool:
        return self._stand_ins.local or self.accounts is not None

    def _cinder_environment(self) -> dict[str, str]:
        """Return the environment of Cinder, which finds the stand-ins first."""
        path = os.environ.get('PATH', os.defpath)
        if self._has_stand_ins:
            path = os.pathsep.join([str(self._stand_ins.folder), path])
        return {**self.child_environment(), 'PATH': path}

    def _claim(self) -> None:
        """Make the folder ours, and the share's if it is local."""
        for folder in (self.folder, self._layout.local_base):
            if folder:
                self._claims.append(host.claim_folder(folder))

    def _remains(self) -> Remains:
        """Return what is to be cleaned up in the end; what was there before us stays."""
        return Remains(
            mount_base=self._layout.unmount_below,
            passing=[self._scratch],
            abandoned=[self.folder] if self._temporary else [],
            empty=self._layout.missing(),
        )

    def _prepare(self) -> None:
        """Make the folders, the shares, and the settings' file."""
        self._scratch.mkdir(mode=0o700)
        folders = (self._settings.folder, self.folder / 'compute', self.folder / 'log')
        for folder in folders:
            folder.mkdir(exist_ok=True)
        account = self.accounts.cinder if self.accounts else None
        if self.accounts:
            separation.let_pass(self.folder, self.accounts)
            separation.give_folders(self.accounts, *folders[:2], self._scratch, self._layout)
        self._layout.prepare(self._settings.mount_options, self.child_environment(), account)
        if account:
            view = next(iter(self.shares.values()))
            self._root_squashed = separation.root_is_squashed(view.path, account)
        if self._has_stand_ins:
            self._stand_ins.write(account)
        self._settings.save(self._settings_file, account)
        if self.keystone:
            self.keystone.prepare(self._endpoints)

    def _forget_volumes(self) -> None:
        """Leave none on a share that outlives the database that knows of them."""
        if self._temporary and self._reaper and not self._layout.own:
            account = self.accounts.cinder if self.accounts else None
            with account.files() if account else contextlib.nullcontext():
                database = self._settings.folder / 'cinder.sqlite'
                remove_volumes(database, (view.path for view in self.shares.values()))

    def _clean_up(self) -> None:
        """End the reaper, which cleans up, and give the folders back."""
        reaper, self._reaper = self._reaper, None
        claims, self._claims = self._claims, []
        try:
            if reaper:
                reaper.finish()
        finally:
            self._standing.close()
            for claim in claims:
                os.close(claim)
