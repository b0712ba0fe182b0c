# SPDX-License-Identifier: Apache-2.0
"""A guest that goes on writing while one disk is merged and another one is switched."""

import asyncio
import json
import pathlib
import random

from nova_assist.checks.model import History
from nova_assist.checks.pattern import Pattern
from nova_assist.checks.reader import ImageSource
from nova_assist.compute.model import DiskSource, ImageFormat
from nova_assist.scenarios.disk import Disk
from nova_assist.scenarios.writer import DiskWriter, choose_blocks
from tests.functional.test_compute_guest import MIB, VOLUME, GuestTest

OTHER = '1fd0f6a5-6c2e-4f6c-8d5b-bf3c10b6a003'
#: Merges, of which one ends in the middle of a switch more often than not.
MERGES = 60
#: After so many switches the other disk begins anew, lest its chain grow for ever.
SWITCHES = 20


class TwoDisksTest(GuestTest):
    async def test_no_merge_that_ends_while_another_disk_is_switched_stops_the_guest(self) -> None:
        # What debugging adds to each step of the loop keeps the two from meeting.
        asyncio.get_running_loop().set_debug(False)
        await self.boot()
        other = self.make('other', ImageFormat.RAW)
        await self.guest.attach(OTHER, other)
        history = await self.start_writing()
        switching = asyncio.create_task(self.keep_switching(other))
        self.addCleanup(switching.cancel)
        merged = await self.switch(self.source, 's0')
        for number in range(1, MERGES):
            top = await self.switch(merged, f's{number}')
            await self.wait_for_writes(history)
            await self.guest.commit(VOLUME, pathlib.Path(merged.path).name, 'base')
            await self.wait_for_writes(history)
            merged = top
        self.assertFalse(switching.done(), 'the other disk has been switched all the time')

    async def start_writing(self) -> History:
        disk = (await self.guest.disks())[VOLUME]
        export = {
            'driver': 'nbd',
            'server': {'type': 'unix', 'path': disk.nbd_socket},
            'export': disk.export_name,
        }
        source = ImageSource(f'json:{json.dumps({"driver": "raw", "file": export})}', 'raw')
        rng, history = random.Random(1), History('v1')
        opened = await asyncio.to_thread(Disk, source, self.folder, Pattern(7))
        writer = DiskWriter(opened, history, choose_blocks(rng, 64 * MIB), rng)
        self.addAsyncCleanup(asyncio.to_thread, writer.close)
        return history

    async def keep_switching(self, first: DiskSource) -> None:
        below, overlays = first, []
        for number in range(SWITCHES):
            below = self.make_overlay(f'other-{number}', below)
            overlays.append(pathlib.Path(below.path).name)
        while True:
            current = first
            for name in overlays:
                current = await self.guest.snapshot(OTHER, current, name)
            await self.guest.detach(OTHER)
            await self.guest.attach(OTHER, first)

    async def switch(self, current: DiskSource, name: str) -> DiskSource:
        self.make_overlay(name, current)
        return await self.guest.snapshot(VOLUME, current, name)

    def make_overlay(self, name: str, below: DiskSource) -> DiskSource:
        backing = ('-b', pathlib.Path(below.path).name, '-F', below.format.value)
        return self.make(name, ImageFormat.QCOW2, *backing)

    async def wait_for_writes(self, history: History) -> None:
        enough = history.acknowledged + 3

        async def written() -> bool:
            # To let the guest's thread write, and QEMU's events come in.
            await asyncio.sleep(0.001)
            return history.acknowledged >= enough

        await self.until(written)
