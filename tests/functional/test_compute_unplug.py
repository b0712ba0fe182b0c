# SPDX-License-Identifier: Apache-2.0
"""A disk that QEMU can't let go of: what runs inside the guest goes on with it."""

from __future__ import annotations

import re

from nova_assist.compute import errors, jobs
from nova_assist.compute.guest import Guest
from nova_assist.compute.inside.console import Console
from nova_assist.compute.inside.system import ConsoleGuest
from nova_assist.compute.model import ImageFormat
from nova_assist.compute.storage_daemon import StorageDaemon
from tests.functional.test_compute_guest import SERVER_ID, VOLUME, GuestTest


class UnplugTest(GuestTest):
    def new_guest(self) -> Guest:
        self.console = Console(self.folder / 'console')
        system = ConsoleGuest(self.console)
        return Guest(SERVER_ID, self.run_folder, lambda _: self.stopped.set(), system)

    def said(self) -> str:
        """Return what was said of the disk since it was last found."""
        return self.console.tail(None).rpartition(' found ')[2]

    async def writes(self) -> bool:
        await self.guest.disks()
        return bool(re.fullmatch(r'\d+ bad 0\n(.* wrote \d+\n)+', self.said()))

    async def hold(self) -> None:
        """Have QEMU merge one byte a second, without the guest's knowing of that job."""
        daemon: StorageDaemon | None = self.guest._daemon
        assert daemon is not None
        top = (await self.guest.disks())[VOLUME].chain[0].name
        await jobs.start(daemon, 'block-stream', device=top, speed=1)

    async def test_a_disk_that_can_not_be_closed_is_plugged_in_again(self) -> None:
        base = self.make('base', ImageFormat.RAW)
        await self.guest.power_on({VOLUME: base})
        await self.until(self.writes)
        self.make('s1', ImageFormat.QCOW2, '-b', 'base', '-F', 'raw')
        await self.guest.snapshot(VOLUME, base, 's1')
        await self.hold()
        with self.assertRaises(errors.StorageDaemonError):
            await self.guest.detach(VOLUME)
        await self.until(self.writes)
        self.assertEqual(['s1', 'base'], await self.chain())
