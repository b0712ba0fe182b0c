# SPDX-License-Identifier: Apache-2.0
"""The shares of a backend: which there are, mounting and measuring them.

Main class: :class:`Shares`. Mounting itself is os-brick's, looking at a share is left to
:mod:`driver.probe`, choosing one for a volume to :mod:`driver.placing`.
"""

from __future__ import annotations

import os
import pathlib
import re
from collections.abc import Mapping

from os_brick import exception as brick_exception
from os_brick.remotefs import remotefs as brick_remotefs
from oslo_concurrency import processutils
from oslo_log import log as logging

from driver import access, advice, exceptions, probe, verdict
from driver.options import Settings

LOG = logging.getLogger(__name__)

_EXPORT = re.compile(r'.+:/.*')


class Shares:
    """The shares of one backend, mounted.

    :param settings: the backend's options
    :param root_helper: how os-brick becomes root to mount; unused where a share is mounted
    """

    def __init__(self, settings: Settings, root_helper: str) -> None:
        self._settings = settings
        self._client = brick_remotefs.RemoteFsClient(
            'nfs',
            root_helper,
            execute=processutils.execute,
            nfs_mount_point_base=str(settings.mount_base),
            nfs_mount_options=settings.mount_options,
        )
        self._seen: dict[str, tuple[int, int]] = {}
        self._admitted: set[str] = set()
        self.options: Mapping[str, str | None] = {}

    def mount(self) -> None:
        """Read the list of shares and mount each; a share that fails is logged and left out.

        :raises ConfigurationError: there is no share in the configuration
        :raises ShareError: none of them can be mounted
        """
        self.options = _configured(self._settings)
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
                self._examine(export, maker)
                self._admitted.add(export)
            except exceptions.ShareError as error:
                LOG.error('Share %s is left out: %s', export, error)
                failures.append(f'{export}: {error}')
        if not self._admitted:
            raise exceptions.ShareError(' '.join(failures) or 'No share is mounted.')

    def admitted(self) -> list[str]:
        """Return the exports that are mounted and can be used."""
        return [export for export in self._seen if export in self._admitted]

    def _examine(self, export: str, maker: access.FileMaker) -> None:
        found = verdict.judge(probe.look(self.folder(export), maker), self._settings.snapshots)
        LOG.info('Share %s at %s', export, found.summary)
        for line in found.advice:
            LOG.warning('Share %s: %s', export, line)
        if found.refusals:
            raise exceptions.ShareError(' '.join(found.refusals))

    def folder(self, export: str) -> pathlib.Path:
        """Return where a share is mounted, and mount it again if it was lost.

        Were a lost mount not noticed, new volumes would land in the bare folder below it.

        :raises ShareError: it can't be mounted
        """
        path = pathlib.Path(self._client.get_mount_point(export))
        if export not in self._seen or _identity(path) != self._seen[export]:
            self._seen.pop(export, None)
            self._admitted.discard(export)  # what is mounted there now was never looked at
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


def _configured(settings: Settings) -> dict[str, str | None]:
    if settings.nas_share is not None:
        flags = f'-o {settings.mount_options}' if settings.mount_options else None
        options = {settings.nas_share: flags}
        source = 'nas_host and nas_share_path'
    else:
        options = _read_list(settings.shares_config)
        source = f'nfs_shares_config = {settings.shares_config}'
    wrong = [export for export in options if not _EXPORT.fullmatch(export)]
    if wrong or not options:
        what = f'names {wrong}' if wrong else 'names no share'
        raise exceptions.ConfigurationError(f'{source} {what}; a share looks like host:/export.')
    return options


def _read_list(path: pathlib.Path) -> dict[str, str | None]:
    r"""Read lines of ``host:/export [-o options]``; ``\040`` stands for a space."""
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise exceptions.ConfigurationError(
            f'nfs_shares_config = {path} could not be read: {error.strerror}. Write the shares '
            f'into that file, one host:/export a line, or set nas_host and nas_share_path.'
        ) from error
    found: dict[str, str | None] = {}
    for line in lines:
        words = line.split(maxsplit=1)
        if words and not words[0].startswith('#'):
            found[words[0].replace('\\040', ' ')] = words[1].strip() if words[1:] else None
    return found


def _identity(path: pathlib.Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
