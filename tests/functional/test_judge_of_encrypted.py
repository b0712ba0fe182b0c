# SPDX-License-Identifier: Apache-2.0
"""An encrypted volume made by hand with qemu-img, damaged in one way each: one finding of it."""

import dataclasses
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from nova_assist.checks import luks, scene
from nova_assist.checks.judging import Bench
from nova_assist.checks.model import Exactly, History
from nova_assist.checks.pattern import BLOCK_SIZE, Pattern
from nova_assist.checks.reader import ImageSource, Reader

PATTERN = Pattern(1)
FILE = 'volume-1'
_SECRET = 'secret,id=key,data=passphrase'


def run(*args):
    subprocess.run(args, check=True, capture_output=True)


class EncryptedVolumeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.share = pathlib.Path(folder.name, 'share')
        self.share.mkdir()
        self.path = self.share / FILE
        self.image = ('--object', _SECRET)
        self.make()
        self.path.chmod(0o666)
        self.header = luks.header_size(self.path)
        self.guest = {
            'driver': 'luks',
            'key-secret': 'key',
            'file': {'driver': 'file', 'filename': str(self.path)},
        }
        self.history = History('v1')
        self.write(0, 7)
        size = self.path.stat().st_size
        data = Exactly(size, self.history.state())
        self.volume = scene.Volume('1', 'v1', 'raw', data, encrypted=True)
        self.reader = Reader(pathlib.Path(folder.name), PATTERN)

    def make(self):
        """Make the file; now and then QEMU can't measure how fast it derives keys."""
        options = ('-o', 'key-secret=key,iter-time=10')
        command = ('qemu-img', 'create', '-f', 'luks', *self.image, *options, self.path, '4M')
        for _ in range(50):
            made = subprocess.run(command, capture_output=True, text=True)
            if 'Unable to get accurate CPU usage' not in made.stderr:
                break
        self.assertEqual(0, made.returncode, made.stderr)

    def write(self, *blocks):
        """Write as the guest does, through QEMU's encryption."""
        for block in blocks:
            write = self.history.issue(block)
            self.history.acknowledge(write)
            content = self.share.parent / 'content'
            content.write_bytes(PATTERN.encode(write))
            command = f'write -q -s {content} {block * BLOCK_SIZE} {BLOCK_SIZE}'
            run('qemu-io', *self.image, '-c', command, f'json:{json.dumps(self.guest)}')

    def attached(self):
        """Return the volume as it is while a guest has it: its disk shows what is decrypted."""
        copy = self.share.parent / 'disk'
        source = f'json:{json.dumps(self.guest)}'
        run('qemu-img', 'convert', *self.image, '-O', 'raw', source, copy)
        disk = scene.GuestDisk((FILE,), 'luks', ImageSource(str(copy), 'raw'))
        attachment = scene.Attachment('a', FILE, 'raw')
        return dataclasses.replace(
            self.volume, attachments=(attachment,), guest=disk, running=True
        )

    def findings(self, volume):
        share = scene.Scene(self.share, (volume,), None)
        return [(each.judge, each.fault) for each in Bench(self.reader).judge(share).findings]

    def only(self, volume):
        (finding,) = self.findings(volume)
        return finding

    def test_sound_volume_passes_detached_and_attached(self):
        self.assertEqual([], self.findings(self.volume))
        self.assertEqual([], self.findings(self.attached()))

    def test_write_that_is_lost(self):
        volume = self.attached()
        self.write(7)
        volume = dataclasses.replace(volume, data=Exactly(volume.data.size, self.history.state()))
        judge, fault = self.only(volume)
        self.assertEqual('data', judge)
        self.assertIn('expected write 3, found write 2', fault)

    def test_disk_without_its_last_blocks(self):
        volume = self.attached()
        disk = pathlib.Path(volume.guest.source.location)
        with disk.open('r+b') as file:
            file.truncate(disk.stat().st_size - BLOCK_SIZE)
        judge, fault = self.only(volume)
        self.assertEqual('data', judge)
        self.assertIn('its size', fault)

    def test_disk_that_is_not_decrypted(self):
        volume = self.attached()
        disk = dataclasses.replace(volume.guest, format='raw')
        judge, fault = self.only(dataclasses.replace(volume, guest=disk))
        self.assertEqual('chain', judge)
        self.assertIn('open as raw, but it is luks', fault)

    def test_file_that_shows_a_write(self):
        with self.path.open('r+b') as file:
            file.seek(self.header + 3 * BLOCK_SIZE)
            file.write(PATTERN.encode(self.history.issue(3)))
        judge, fault = self.only(self.volume)
        self.assertEqual('sealed', judge)
        self.assertIn('1 blocks in the clear', fault)

    def with_snapshot(self):
        """Return the volume with a snapshot, whose copy is there."""
        copy = self.share / f'{FILE}.2.copy'
        shutil.copy2(self.path, copy)
        snapshot = scene.Snapshot('2', 's1', 'available', self.volume.data)
        return dataclasses.replace(self.volume, snapshots=(snapshot,)), copy

    def test_copy_that_a_snapshot_is(self):
        volume, _ = self.with_snapshot()
        self.assertEqual([], self.findings(volume))

    def test_copy_that_is_gone(self):
        volume, copy = self.with_snapshot()
        copy.unlink()
        judge, fault = self.only(volume)
        self.assertEqual('chain', judge)
        self.assertIn(f'nor is there {copy.name}', fault)

    def test_copy_whose_snapshot_is_gone(self):
        _, copy = self.with_snapshot()
        judge, fault = self.only(self.volume)
        self.assertEqual('orphans', judge)
        self.assertIn(copy.name, fault)

    def test_copy_without_a_header_that_shows_a_write(self):
        volume, copy = self.with_snapshot()
        copy.write_bytes(PATTERN.encode(self.history.issue(0)))
        judged = self.findings(volume)
        self.assertEqual(['sealed'] * 2, [judge for judge, _ in judged])
        self.assertIn(f'{copy.name} of volume v1', judged[0][1])
        self.assertIn('1 blocks in the clear', judged[1][1])

    def test_file_without_a_header(self):
        for beginning in (bytes(8), b'LUKS\xba\xbe\0\2'):
            with self.subTest(beginning):
                with self.path.open('r+b') as file:
                    file.write(beginning)
                judge, fault = self.only(self.volume)
                self.assertEqual('sealed', judge)
                self.assertIn('does not begin with a LUKS header', fault)
