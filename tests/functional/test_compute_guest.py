# SPDX-License-Identifier: Apache-2.0
"""Guests over a real qemu-storage-daemon: patterns written over NBD, chains made and merged."""

from __future__ import annotations

import asyncio
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest
from collections.abc import Awaitable, Callable

import psutil

from nova_assist.compute import errors
from nova_assist.compute.guest import Guest
from nova_assist.compute.inside.system import System
from nova_assist.compute.model import DiskSource, ImageFormat
from nova_assist.compute.run_folder import RunFolder

SERVER_ID = '0b0a39a6-6d13-4b1b-9d1e-5a9b8ed1c001'
VOLUME = '1fd0f6a5-6c2e-4f6c-8d5b-bf3c10b6a002'
MIB = 1 << 20
WAIT_SECONDS = 30


def qemu_img(*arguments: str) -> str:
    return subprocess.run(
        ('qemu-img', *arguments), check=True, capture_output=True, text=True
    ).stdout


class GuestTest(unittest.IsolatedAsyncioTestCase):
    """A guest with one disk in a folder of its own; each overlay gets a pattern of its own."""

    async def asyncSetUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.stopped = asyncio.Event()
        self.run_folder = RunFolder(self.folder)
        self.guest = self.new_guest()
        self.addAsyncCleanup(self.guest.power_off)
        self.written = 0

    def new_guest(self) -> Guest:
        return Guest(SERVER_ID, self.run_folder, lambda _: self.stopped.set(), System())

    def make(self, name: str, image_format: ImageFormat, *backing: str) -> DiskSource:
        path = str(self.folder / name)
        size = () if backing else ('64M',)
        qemu_img('create', '-q', '-f', image_format.value, *backing, path, *size)
        return DiskSource(path, image_format)

    async def boot(self, base_format: ImageFormat = ImageFormat.RAW) -> None:
        self.source = self.make('base', base_format)
        await self.guest.power_on({VOLUME: self.source})
        self.base_format = base_format
        await self.write()

    async def io(self, *commands: str) -> str:
        disk = (await self.guest.disks())[VOLUME]
        process = await asyncio.create_subprocess_exec(
            *('qemu-io', '-f', 'raw'),
            *(word for command in commands for word in ('-c', command)),
            f'nbd+unix:///{disk.export_name}?socket={disk.nbd_socket}',
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output = (await process.communicate())[0].decode()
        self.assertEqual(process.returncode, 0, output)
        return output

    async def until(self, condition: Callable[[], Awaitable[bool]]) -> None:
        """Wait until a condition holds; it takes at least one round trip, so this isn't busy."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not await condition():
            self.assertLess(time.monotonic(), deadline, f'{condition} did not come true')
            await asyncio.sleep(0)

    async def has_job(self) -> bool:
        return bool(self.guest._disks_with_job)

    async def write(self) -> None:
        """Write the next MiB with a pattern of its own."""
        await self.io(f'write -P {self.written + 1} {self.written}M 1M')
        self.written += 1

    async def verify(self) -> None:
        """Read back all that was written."""
        output = await self.io(*(f'read -P {n + 1} {n}M 1M' for n in range(self.written)))
        self.assertNotIn('verification failed', output)

    async def snapshot(self, name: str) -> None:
        backing = os.path.basename(self.source.path)
        self.make(name, ImageFormat.QCOW2, '-b', backing, '-F', self.source.format.value)
        self.source = await self.guest.snapshot(VOLUME, self.source, name)
        if self.guest.running:
            await self.write()

    async def chain(self) -> list[str]:
        return [node.file_name for node in (await self.guest.disks())[VOLUME].chain]

    def backing_of(self, name: str) -> tuple[str | None, str | None]:
        """Return what a header has: the name of the backing file and its format."""
        info = json.loads(
            qemu_img('info', '-U', '-f', 'qcow2', '--output=json', str(self.folder / name))
        )
        return info.get('backing-filename'), info.get('backing-filename-format')

    async def open_files(self) -> set[str]:
        """Return the files of our folder that the daemon has open, sockets and pid aside."""
        pid = (await self.guest.disks())[VOLUME].daemon_pid
        folder = pathlib.Path(f'/proc/{pid}/fd')
        targets = {os.readlink(entry) for entry in folder.iterdir()}
        return {
            os.path.basename(target)
            for target in targets
            if os.path.dirname(target) == str(self.folder)
        }

    async def assert_chain(self, *names: str) -> None:
        """Check chain, headers, open files and data against the names, active file first."""
        self.assertEqual(await self.chain(), list(names))
        self.assertEqual(await self.open_files(), set(names))
        for name, backing in zip(names, (*names[1:], None), strict=True):
            if name != 'base':
                expected = self.base_format if backing == 'base' else ImageFormat.QCOW2
                found = (backing, expected.value) if backing else (None, None)
                self.assertEqual(self.backing_of(name), found)
        await self.verify()


class MergeTest(GuestTest):
    async def lifecycle(self, base_format: ImageFormat) -> None:
        await self.boot(base_format)
        for name in ('s1', 's2', 's3'):
            await self.snapshot(name)
        await self.assert_chain('s3', 's2', 's1', 'base')
        await self.guest.commit(VOLUME, 's2', 's1')
        await self.assert_chain('s3', 's1', 'base')
        await self.guest.pull(VOLUME, self.source, 'base')
        await self.assert_chain('s3', 'base')
        await self.guest.pull(VOLUME, self.source, None)
        await self.assert_chain('s3')

    async def test_inner_newest_and_last_snapshot_are_merged_over_a_raw_base(self) -> None:
        await self.lifecycle(ImageFormat.RAW)

    async def test_inner_newest_and_last_snapshot_are_merged_over_a_qcow2_base(self) -> None:
        await self.lifecycle(ImageFormat.QCOW2)

    async def test_the_oldest_of_three_is_committed_to_the_base(self) -> None:
        await self.boot()
        for name in ('s1', 's2', 's3'):
            await self.snapshot(name)
        await self.guest.commit(VOLUME, 's1', 'base')
        await self.assert_chain('s3', 's2', 'base')

    async def test_a_reopened_chain_can_be_committed(self) -> None:
        await self.boot()
        for name in ('s1', 's2'):
            await self.snapshot(name)
        await self.guest.power_off()
        await self.guest.power_on({VOLUME: self.source})
        await self.guest.commit(VOLUME, 's1', 'base')
        await self.assert_chain('s2', 'base')

    async def test_a_guest_may_write_while_files_are_merged(self) -> None:
        await self.boot()
        for name in ('s1', 's2'):
            await self.snapshot(name)
        writes = asyncio.create_task(self.keep_writing())
        await self.guest.commit(VOLUME, 's1', 'base')
        await self.guest.pull(VOLUME, self.source, None)
        await writes
        await self.assert_chain('s2')

    async def keep_writing(self) -> None:
        for _ in range(8):
            await self.write()

    async def test_the_active_file_is_not_committed(self) -> None:
        await self.boot()
        await self.snapshot('s1')
        with self.assertRaisesRegex(errors.DiskError, 's1 can not be committed to base'):
            await self.guest.commit(VOLUME, 's1', 'base')
        await self.assert_chain('s1', 'base')

    async def test_a_file_that_is_not_in_the_chain_is_not_merged(self) -> None:
        await self.boot()
        await self.snapshot('s1')
        with self.assertRaisesRegex(errors.DiskError, 'other is not in the backing chain'):
            await self.guest.pull(VOLUME, self.source, 'other')

    async def test_a_job_that_meets_an_io_error_has_failed(self) -> None:
        await self.boot()
        for name in ('s1', 's2'):
            await self.snapshot(name)
        # The base can't grow on a full disk; a limit on the size of files stands in for that.
        pid = (await self.guest.disks())[VOLUME].daemon_pid
        subprocess.run(('prlimit', '--pid', str(pid), f'--fsize={MIB}'), check=True)
        with self.assertRaisesRegex(errors.JobError, 'File too large'):
            await self.guest.commit(VOLUME, 's1', 'base')
        self.assertEqual(await self.chain(), ['s2', 's1', 'base'])

    async def test_a_job_whose_daemon_is_killed_has_failed(self) -> None:
        await self.boot()
        await self.io('write -P 9 8M 48M')
        await self.snapshot('s1')
        pid = (await self.guest.disks())[VOLUME].daemon_pid
        pull = asyncio.create_task(self.guest.pull(VOLUME, self.source, None))
        await asyncio.sleep(0)
        os.kill(pid, signal.SIGKILL)
        with self.assertRaises(errors.DaemonGoneError):
            await pull
        await asyncio.wait_for(self.stopped.wait(), WAIT_SECONDS)
        self.assertFalse(self.guest.running)

    async def test_a_disk_has_one_job_at_a_time(self) -> None:
        await self.boot()
        await self.snapshot('s1')
        pull = asyncio.create_task(self.guest.pull(VOLUME, self.source, None))
        await self.until(self.has_job)
        with self.assertRaisesRegex(errors.DiskError, 'already has a block job'):
            await self.guest.pull(VOLUME, self.source, None)
        await pull
        await self.assert_chain('s1')


class SnapshotTest(GuestTest):
    async def test_an_overlay_that_is_not_there_leaves_the_disk_as_it_was(self) -> None:
        await self.boot()
        with self.assertRaisesRegex(errors.DiskError, 'missing is not there'):
            await self.guest.snapshot(VOLUME, self.source, 'missing')
        await self.assert_chain('base')

    async def test_an_overlay_that_is_no_qcow2_leaves_the_disk_as_it_was(self) -> None:
        await self.boot()
        self.make('plain', ImageFormat.RAW)
        with self.assertRaisesRegex(errors.QmpCommandError, 'blockdev-add .*plain.*not in qcow2'):
            await self.guest.snapshot(VOLUME, self.source, 'plain')
        await self.assert_chain('base')

    async def test_a_guest_that_is_off_is_defined_anew_and_nothing_is_opened(self) -> None:
        await self.boot()
        await self.guest.power_off()
        await self.snapshot('s1')
        self.assertEqual(self.source, DiskSource(str(self.folder / 's1'), ImageFormat.QCOW2))
        await self.guest.power_on({VOLUME: self.source})
        await self.assert_chain('s1', 'base')


class OffTest(GuestTest):
    async def test_files_are_pulled_by_qemu_img_while_the_guest_is_off(self) -> None:
        await self.boot()
        for name in ('s1', 's2'):
            await self.snapshot(name)
        await self.guest.power_off()
        await self.guest.pull(VOLUME, self.source, 'base')
        self.assertEqual(self.backing_of('s2'), ('base', 'raw'))
        await self.guest.pull(VOLUME, self.source, None)
        self.assertEqual(self.backing_of('s2'), (None, None))
        await self.guest.power_on({VOLUME: self.source})
        await self.assert_chain('s2')

    async def test_nothing_is_committed_while_the_guest_is_off(self) -> None:
        await self.boot()
        for name in ('s1', 's2'):
            await self.snapshot(name)
        await self.guest.power_off()
        with self.assertRaisesRegex(errors.DiskError, 'is off'):
            await self.guest.commit(VOLUME, 's1', 'base')

    async def test_power_off_leaves_neither_process_nor_socket(self) -> None:
        await self.boot()
        pid = (await self.guest.disks())[VOLUME].daemon_pid
        await self.guest.power_off()
        # The machine's init process may be slow to reap it.
        self.assertTrue(not psutil.pid_exists(pid) or psutil.Process(pid).status() == 'zombie')
        self.assertEqual(list((self.folder / 'run').iterdir()), [])


class OpenTest(GuestTest):
    async def test_a_guest_without_one_of_its_files_stays_off(self) -> None:
        source = DiskSource(str(self.folder / 'gone'), ImageFormat.RAW)
        with self.assertRaisesRegex(errors.ImageCommandError, 'No such file'):
            await self.guest.power_on({VOLUME: source})
        self.assertFalse(self.guest.running)
        self.assertEqual(list((self.folder / 'run').iterdir()), [])

    async def test_a_backing_file_of_a_format_not_recorded_is_not_guessed(self) -> None:
        self.make('base', ImageFormat.RAW)
        overlay = self.make('s1', ImageFormat.QCOW2, '-b', 'base', '-F', 'raw')
        qemu_img('rebase', '-u', '-b', '', overlay.path)
        self.forget_backing_format(overlay.path)
        with self.assertRaisesRegex(errors.DiskError, 'without its format'):
            await self.guest.power_on({VOLUME: overlay})

    def forget_backing_format(self, path: str) -> None:
        """Give a qcow2 file a backing file without a format, which qemu-img refuses to do."""
        name = b'base'
        with open(path, 'r+b') as image:
            image.seek(0, os.SEEK_END)
            image.seek(512)
            image.write(name)
            image.seek(8)
            image.write((512).to_bytes(8, 'big') + len(name).to_bytes(4, 'big'))

    async def test_a_raw_file_that_looks_like_qcow2_is_opened_raw(self) -> None:
        hostile = self.make('volume', ImageFormat.QCOW2)
        size = os.path.getsize(hostile.path)
        await self.guest.power_on({VOLUME: DiskSource(hostile.path, ImageFormat.RAW)})
        disk = (await self.guest.disks())[VOLUME]
        self.assertEqual(disk.chain[0].driver, 'raw')
        self.assertLess(disk.chain[0].size - size, 512)

    async def test_a_disk_is_plugged_in_and_out_of_a_running_guest(self) -> None:
        await self.guest.power_on({})
        self.source, self.base_format = self.make('base', ImageFormat.RAW), ImageFormat.RAW
        await self.guest.attach(VOLUME, self.source)
        await self.write()
        await self.assert_chain('base')
        pid = (await self.guest.disks())[VOLUME].daemon_pid
        await self.guest.detach(VOLUME)
        self.assertEqual(await self.guest.disks(), {})
        open_files = [os.readlink(fd) for fd in pathlib.Path(f'/proc/{pid}/fd').iterdir()]
        self.assertNotIn(self.source.path, open_files)

    async def test_a_grown_disk_is_larger_for_the_guest(self) -> None:
        await self.boot()
        await self.snapshot('s1')
        await self.guest.resize(VOLUME, 128 * MIB)
        self.assertEqual((await self.guest.disks())[VOLUME].chain[0].size, 128 * MIB)
        await self.io('write -P 7 127M 1M', 'read -P 7 127M 1M')
        await self.verify()


class TakeOverTest(GuestTest):
    async def test_a_new_process_finds_the_guest_and_its_disks(self) -> None:
        await self.boot()
        await self.snapshot('s1')
        await self.guest.release()
        self.guest = self.new_guest()
        self.addAsyncCleanup(self.guest.power_off)
        await self.guest.find(paused=False)
        self.assertTrue(self.guest.running)
        await self.snapshot('s2')
        await self.guest.commit(VOLUME, 's1', 'base')
        await self.assert_chain('s2', 'base')

    async def test_a_job_of_an_earlier_process_ends_and_its_files_are_let_go(self) -> None:
        await self.boot()
        await self.snapshot('s1')
        pull = asyncio.create_task(self.guest.pull(VOLUME, self.source, None))
        await self.until(self.has_job)
        pull.cancel()
        await asyncio.wait((pull,))
        await self.guest.release()
        self.guest = self.new_guest()
        self.addAsyncCleanup(self.guest.power_off)
        await self.guest.find(paused=False)
        await self.until(self.has_one_file_open)
        await self.assert_chain('s1')

    async def has_one_file_open(self) -> bool:
        return await self.open_files() == {'s1'}

    async def test_a_guest_whose_daemon_is_gone_is_off(self) -> None:
        await self.boot()
        pid = (await self.guest.disks())[VOLUME].daemon_pid
        os.kill(pid, signal.SIGKILL)
        await asyncio.wait_for(self.stopped.wait(), WAIT_SECONDS)
        again = self.new_guest()
        await again.find(paused=False)
        self.assertFalse(again.running)

    async def test_a_pid_taken_over_by_another_process_is_not_the_guest(self) -> None:
        await self.boot()
        await self.guest.power_off()
        self.run_folder.path(SERVER_ID, 'pid').write_text(str(os.getpid()))
        again = self.new_guest()
        await again.find(paused=False)
        self.assertFalse(again.running)
