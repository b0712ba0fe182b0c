# SPDX-License-Identifier: Apache-2.0
"""What a server's image has in it: nothing that runs, or the console guest.

Main class: :class:`ConsoleGuest`; :class:`System` is what all others have. A guest is part of
this process: it stands still while the service is down, and goes on where it was when the service
finds its server running again.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import pathlib
from collections.abc import AsyncIterator, Iterable

from nova_assist.compute.inside.console import Console
from nova_assist.compute.inside.device import Device
from nova_assist.compute.inside.writer import DiskWriter

_PREFIX = 'nova-assist-guest: '
#: As much of a serial as virtio-blk shows.
_SERIAL_LENGTH = 20


class System:
    """Nothing runs: disks come and go unseen."""

    async def boot(self, socket: pathlib.Path, volumes: Iterable[str]) -> None:
        """Start with these disks, exported on *socket* by their volumes' ids."""

    async def resume(self, socket: pathlib.Path, volumes: Iterable[str], *, paused: bool) -> None:
        """Go on with these disks where an earlier process of this service has stopped."""

    async def halt(self) -> None:
        """Stop at once, as a machine that is switched off."""

    async def pause(self) -> None:
        """Stand still; when this returns, nothing is in flight."""

    async def unpause(self) -> None:
        """Go on."""

    async def plug(self, volume_id: str) -> None:
        """Take a disk into use."""

    async def unplug(self, volume_id: str) -> None:
        """Let go of a disk; when this returns, nothing is in flight."""

    @contextlib.asynccontextmanager
    async def away(self, volume_id: str) -> AsyncIterator[None]:
        """Have a disk's requests wait and its connection closed, inside."""
        yield


@dataclasses.dataclass(frozen=True)
class _Plugged:
    device: Device
    task: asyncio.Task[None]


class ConsoleGuest(System):
    """Verifies each disk and writes to it, and tells the console.

    :param console: its server's.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._going = asyncio.Event()
        self._socket: pathlib.Path | None = None
        self._disks: dict[str, _Plugged] = {}

    async def boot(self, socket: pathlib.Path, volumes: Iterable[str]) -> None:
        """Start with these disks."""
        self._socket = socket
        self._going.set()
        self._say('boot')
        for volume_id in volumes:
            self._use(volume_id, resumed=False)

    async def resume(self, socket: pathlib.Path, volumes: Iterable[str], *, paused: bool) -> None:
        """Go on with these disks; they are read again, which the console tells if one is bad."""
        self._socket = socket
        if not paused:
            self._going.set()
        for volume_id in volumes:
            self._use(volume_id, resumed=True)

    async def halt(self) -> None:
        """Stop at once; what was in flight may or may not be done."""
        disks, self._disks = list(self._disks.values()), {}
        self._going.clear()
        self._socket = None
        await _end(disks)

    async def pause(self) -> None:
        """Stand still."""
        self._going.clear()
        for disk in self._disks.values():
            await disk.device.drain()

    async def unpause(self) -> None:
        """Go on."""
        self._going.set()

    async def plug(self, volume_id: str) -> None:
        """Take a disk into use."""
        self._use(volume_id, resumed=False)

    async def unplug(self, volume_id: str) -> None:
        """Let go of a disk."""
        disk = self._disks.pop(volume_id, None)
        if disk is not None:
            await disk.device.drain()
            await _end([disk])
            self._say(f'{_serial(volume_id)} gone')

    @contextlib.asynccontextmanager
    async def away(self, volume_id: str) -> AsyncIterator[None]:
        """Have a disk's requests wait."""
        disk = self._disks.get(volume_id)
        async with disk.device.away() if disk else contextlib.nullcontext():
            yield

    def _use(self, volume_id: str, *, resumed: bool) -> None:
        if self._socket is not None and volume_id not in self._disks:
            device = Device(self._socket, volume_id, self._going)
            writer = DiskWriter(device, _serial(volume_id), self._say)
            task = asyncio.create_task(writer.run(resumed=resumed))
            self._disks[volume_id] = _Plugged(device, task)

    def _say(self, text: str) -> None:
        self._console.say(_PREFIX + text)


async def _end(disks: list[_Plugged]) -> None:
    for disk in disks:
        disk.task.cancel()
    await asyncio.gather(*(disk.task for disk in disks), return_exceptions=True)
    for disk in disks:
        disk.device.close()


def _serial(volume_id: str) -> str:
    return volume_id[:_SERIAL_LENGTH]
