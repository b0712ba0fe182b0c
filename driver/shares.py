# SPDX-License-Identifier: Apache-2.0
"""The shares of a backend: which there are, mounting, capacity, choosing one for a volume.

Main class: :class:`Shares`. Mounting itself is left to a :class:`ShareClient`, looking at a share
to :mod:`driver.probe`, volume files to :mod:`driver.volumes`.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from os_brick import exception as brick_exception
from oslo_concurrency import processutils
from oslo_log import log as logging

from driver import access, advice, exceptions, probe, verdict
from driver.options import Settings

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Capacity:
    """The room on a share, in bytes.

    :ivar allocated: sum of the apparent sizes of its files: what sparse volumes may grow to
    """

    total: int
    free: int
    allocated: int


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
    :param over_subscription: how many times its size may be promised on a share
    :param client: mounts shares
    :param listed: returns the shares that there should be, each with the flags of its mount
    """

    def __init__(
        self,
        settings: Settings,
        over_subscription: float,
        client: ShareClient,
        listed: Callable[[], Mapping[str, str | None]],
    ) -> None:
        self._settings = settings
        self.over_subscription = over_subscription
        self._client = client
        self._listed = listed
        self._seen: dict[str, tuple[int, int]] = {}
        self._admitted: set[str] = set()
        self.options: Mapping[str, str | None] = {}

    def beside(self, exports: Iterable[str]) -> Shares:
        """Return other shares, which this backend makes no volumes on, mounted as its own are."""
        listed = {export: self.options.get(export) for export in exports}
        return Shares(self._settings, self.over_subscription, self._client, lambda: listed)

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

    def capacity(self, export: str) -> Capacity:
        """Measure a share.

        :raises ShareError: it can't be measured
        """
        folder = self.folder(export)
        try:
            size = os.statvfs(folder)
            with os.scandir(folder) as entries:
                allocated = sum(_apparent_size(entry) for entry in entries)
        except OSError as error:
            raise exceptions.ShareError(
                f'Could not look into {export} at {folder}: {error.strerror}. '
                f'{advice.on_folder(folder, error)}'
            ) from error
        return Capacity(size.f_blocks * size.f_frsize, size.f_bavail * size.f_frsize, allocated)

    def choose(self, size: int) -> str:
        """Return the share for a new volume: of those with room the one least promised.

        :param size: bytes
        :raises ShareError: none has room
        """
        capacities = {}
        for export in self.admitted():
            try:
                capacities[export] = self.capacity(export)
            except exceptions.ShareError as error:
                LOG.error('%s', error)
        fitting = [name for name, found in capacities.items() if self.fits(found, size)]
        if not fitting:
            raise exceptions.ShareError(
                f'No share has room for {size} bytes: {_summary(capacities.items())}. Add a '
                f'share, make room, or change max_over_subscription_ratio or reserved_percentage.'
            )
        return min(fitting, key=lambda name: capacities[name].allocated)

    def fits(self, capacity: Capacity, size: int) -> bool:
        """Tell whether a share has room: really, by its reserve, and by what is promised.

        :param size: bytes
        """
        promised = capacity.allocated + size
        reserve = capacity.total * self._settings.reserved
        return capacity.free >= reserve and promised < capacity.total * self.over_subscription


def _identity(path: pathlib.Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _apparent_size(entry: Any) -> int:
    try:
        return int(entry.stat(follow_symlinks=False).st_size) if entry.is_file() else 0
    except FileNotFoundError:
        return 0


def _summary(capacities: Iterable[tuple[str, Capacity]]) -> str:
    return ', '.join(
        f'{export} has {found.free} of {found.total} bytes free and {found.allocated} promised'
        for export, found in capacities
    )
