# SPDX-License-Identifier: Apache-2.0
"""The shares of a backend: which there are, mounting and measuring them.

Main class: :class:`Shares`. Mounting itself is left to a :class:`ShareClient`, looking at a share
to :mod:`driver.probe`, choosing one for a volume to :mod:`driver.placing`.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from os_brick import exception as brick_exception
from oslo_concurrency import processutils
from oslo_log import log as logging

from driver import access, advice, exceptions, probe, verdict
from driver.options import Settings
from driver.probe import Owner

LOG = logging.getLogger(__name__)


class ShareClient(Protocol):
    """What mounts shares on this host; os-brick's ``RemoteFsClient`` is one."""

    def get_mount_point(self, share: str) -> str:
        """Return the folder that a share is mounted on, or will be."""

    def mount(self, share: str, flags: Sequence[str]) -> None:
        """Mount a share; one that is mounted is fine.

        :param flags: arguments for ``mount``, such as ``-o`` and ``vers=4.2``
        :raises BrickException: it can't be, as one of os-brick's; or ProcessExecutionError
        """


class Shares:
    """The shares of one backend, mounted.

    :param settings: the backend's options
    :param client: mounts shares
    :param listed: returns the shares that there should be, each with the flags of its mount
    """

    def __init__(
        self,
        settings: Settings,
        client: ShareClient,
        listed: Callable[[], Mapping[str, str | None]],
    ) -> None:
        self._settings = settings
        self._client = client
        self._listed = listed
        self._seen: dict[str, tuple[int, int]] = {}
        self._admitted: dict[str, Owner] = {}
        self.options: Mapping[str, str | None] = {}

    def beside(self, exports: Iterable[str]) -> Shares:
        """Return other shares, which this backend makes no volumes on, mounted as its own are."""
        listed = {export: self.options.get(export) for export in exports}
        return Shares(self._settings, self._client, lambda: listed)

    def mount(self) -> None:
        """Read the list of shares and mount each; a share that fails is logged and left out.

        :raises ConfigurationError: there is no share in the configuration
        :raises ShareError: none of them can be mounted
        """
        self.options = self._listed()
        failures = []
        for export in self.options:
            try:
                self.folder(export)
            except exceptions.ShareError as error:
                LOG.error('%s', error)
                failures.append(str(error))
        if len(failures) == len(self.options):
            raise exceptions.ShareError(' '.join(failures))

    def mounted(self) -> list[str]:
        """Return the exports that are mounted."""
        return list(self._seen)

    def admit(self, maker: access.FileMaker) -> None:
        """Look at each share that is mounted and was not looked at; tell what is found.

        One that can't be used is logged and left out until it can: volumes on it keep their
        share, new ones get another.

        :param maker: makes files as volumes are to be made
        :raises ShareError: none of the shares can be used
        """
        failures = []
        for export in self._seen.keys() - self._admitted:
            try:
                self._admitted[export] = self._examine(export, maker)
            except exceptions.ShareError as error:
                LOG.error('Share %s is left out: %s', export, error)
                failures.append(f'{export}: {error}')
        if not self._admitted:
            raise exceptions.ShareError(' '.join(failures) or 'No share is mounted.')

    def admitted(self) -> list[str]:
        """Return the exports that are mounted and can be used."""
        return [export for export in self._seen if export in self._admitted]

    def owner(self, export: str) -> Owner:
        """Return whose a file is that is made on a share that can be used."""
        return self._admitted[export]

    def _examine(self, export: str, maker: access.FileMaker) -> Owner:
        sight = probe.look(self.folder(export), maker)
        found = verdict.judge(sight, self._settings.snapshots)
        LOG.info('Share %s at %s', export, found.summary)
        for line in found.advice:
            LOG.warning('Share %s: %s', export, line)
        if found.refusals:
            raise exceptions.ShareError(' '.join(found.refusals))
        return sight.made

    def folder(self, export: str) -> pathlib.Path:
        """Return where a share is mounted, and mount it again if it was lost.

        Were a lost mount not noticed, new volumes would land in the bare folder below it.

        :raises ShareError: it can't be mounted
        """
        path = pathlib.Path(self._client.get_mount_point(export))
        if export not in self._seen or _identity(path) != self._seen[export]:
            self._seen.pop(export, None)
            self._admitted.pop(export, None)  # what is mounted there now was never looked at
            self._mount(export)
            try:
                status = path.stat()
            except OSError as error:
                raise exceptions.ShareError(
                    f'Could not look at {path}, where {export} is mounted: {error.strerror}. '
                    f'{advice.on_folder(path, error)} Then repeat.'
                ) from error
            self._seen[export] = status.st_dev, status.st_ino
        return path

    def _mount(self, export: str) -> None:
        flags = (self.options.get(export) or '').split()
        failure: Exception | None = None
        for _ in range(self._settings.mount_attempts):
            try:
                self._client.mount(export, flags)
                return
            except (brick_exception.BrickException, processutils.ProcessExecutionError) as error:
                failure = error
        raise exceptions.ShareError(
            f'Could not mount {export} in {self._settings.mount_attempts} attempts: {failure}. '
            f'Check the export, the mount options and the network.'
        ) from failure

    def measure(self, export: str) -> tuple[int, int]:
        """Return the size of a share, and what an ordinary user may still write, in bytes.

        :raises ShareError: it can't be measured
        """
        folder = self.folder(export)
        try:
            size = os.statvfs(folder)
        except OSError as error:
            raise exceptions.ShareError(
                f'Could not measure {export} at {folder}: {error.strerror}. '
                f'{advice.on_folder(folder, error)}'
            ) from error
        return size.f_blocks * size.f_frsize, size.f_bavail * size.f_frsize


def _identity(path: pathlib.Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
