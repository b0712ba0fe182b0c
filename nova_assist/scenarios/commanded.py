# SPDX-License-Identifier: Apache-2.0
"""The embedded cloud's guests: we write for them, to the disks that the compute service exports.

Main class: :class:`CommandedGuests`. Volumes that nobody uses are written to as a host does that
attaches one: to the file that Cinder tells it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

from nova_assist.checks.model import History
from nova_assist.checks.pattern import Write
from nova_assist.checks.reader import ImageSource
from nova_assist.checks.scene import GuestDisk
from nova_assist.scenarios.context import Context
from nova_assist.scenarios.disk import Disk
from nova_assist.scenarios.embedded_api import EmbeddedApi
from nova_assist.scenarios.errors import StepFailed
from nova_assist.scenarios.guests import Guests
from nova_assist.scenarios.rest import Connection, refusals
from nova_assist.scenarios.tracked import TrackedServer, TrackedVolume
from nova_assist.scenarios.writer import DiskWriter, write_all


class CommandedGuests(Guests):
    """Guests that write what they are told to, and nothing else.

    :param api: where the guests' disks are asked for
    :param exports: the shares by folder, as Cinder calls them
    """

    #: A server needs an image and a flavor, but nothing boots.
    image = '00000000-0000-0000-0000-000000000001'
    flavor = '1'

    def __init__(self, context: Context, api: EmbeddedApi, exports: Mapping[Path, str]) -> None:
        self._context = context
        self._api = api
        self._exports = exports

    def history(self, name: str, start: Mapping[int, Write] | None = None) -> History:
        """Return the history of a new volume."""
        return History(name, start)

    def disks(self, server: TrackedServer) -> Mapping[str, GuestDisk]:
        """Return what QEMU has open."""
        with refusals(f'asking for the disks of server {server.name}'):
            return self._api.disks(server.id, *self._context.shares)

    def start_writing(self, volume: TrackedVolume) -> None:
        """Write to the guest's disk from now on."""
        context = self._context
        disks = self.disks(volume.server) if volume.server else {}
        if volume.id not in disks:
            raise StepFailed(
                f'the guest has no disk for volume {volume.name}',
                volume.id,
                ', '.join(disks) or 'no disks',
            )
        source = disks[volume.id].source
        disk = Disk(source, context.scratch, context.pattern, context.host)
        rng = random.Random(context.rng.random())  # noqa: S311 - repeatable, not secret
        volume.writer = DiskWriter(disk, volume.history, volume.blocks, rng)

    def write_at_rest(self, volume: TrackedVolume) -> None:
        """Attach a volume to a host, write to about half of its blocks, detach it."""
        context = self._context
        with refusals(f'attaching volume {volume.name} to a host'):
            connection = context.api.connect_host(volume.id)
        try:
            source = self._source(volume, connection)
            with Disk(source, context.scratch, context.pattern, context.host) as disk:
                write_all(disk, volume.history, self._some(volume.blocks))
        finally:
            with refusals(f'detaching volume {volume.name} from a host'):
                context.api.cinder.attachments.delete(connection.attachment)
        context.await_volume(volume, 'available', 'detaching', 'in-use')

    def need_command(self) -> None:
        """Do nothing: these guests obey."""

    def await_size(self, volume: TrackedVolume) -> None:
        """Wait until QEMU's disk is as large as the volume, which may be after Cinder's end."""
        server, api = volume.attached_to(), self._api
        with refusals(f'asking for the size of the disk of volume {volume.name}'):
            self._context.patience.wait(
                f'the disk of volume {volume.name} having {volume.disk_size} bytes',
                lambda: api.disk_size(server.id, volume.id) == volume.disk_size or None,
            )

    def await_refresh(self, volume: TrackedVolume) -> None:
        """Ask compute what a server's next start opens, until that is the newest overlay."""
        server, api = volume.attached_to(), self._api
        with refusals(f'asking what the next start of server {server.name} opens'):
            self._context.patience.wait(
                f"compute's refresh of the connection info of volume {volume.name}",
                lambda: api.is_refreshed(server.id, volume.id) or None,
            )

    def _source(self, volume: TrackedVolume, connection: Connection) -> ImageSource:
        """Return what a host opens, if it is told the right share, a file, and its format.

        :raises StepFailed: if it isn't
        """
        context = self._context
        share = context.share_of(volume)
        export = self._exports[share]
        if connection.export != export:
            raise _mistold(
                f'to mount {connection.export or "nothing"} for {volume.name}, which is on '
                f'{export}',
                export,
                connection.export,
            )
        if connection.file is None:
            raise _mistold(f'no file to open for {volume.name}', 'a file', None)
        first = connection.file == volume.file
        wanted = volume.image_format if first else 'qcow2'
        if connection.format != wanted:
            raise _mistold(
                f'to open {connection.file} as {connection.format}, but it is {wanted}',
                wanted,
                connection.format,
            )
        return ImageSource(str(share / connection.file), connection.format)

    def _some(self, blocks: list[int]) -> list[int]:
        """Choose about half of the blocks, the first and the last among them."""
        inner = self._context.rng.sample(blocks[1:-1], len(blocks) // 2)
        return [blocks[0], *inner, blocks[-1]]


def _mistold(what: str, expected: str, found: str | None) -> StepFailed:
    """Return the error for connection info that is wrong."""
    return StepFailed(f'the host is told {what}', expected, found or 'nothing', 'chain')
