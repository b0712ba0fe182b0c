# SPDX-License-Identifier: Apache-2.0
import contextlib
import os
import pathlib
import subprocess
import tempfile
import unittest

from driver import exceptions, locks, volumes
from tests.unit.driver import builders


@contextlib.contextmanager
def opened_by_qemu(path, *options, image_format='raw'):
    """Hold an image open in a real QEMU process for the length of the block; yields the process.

    :param image_format: None where the path is a ``json:`` description of its own
    """
    form = ['-f', image_format] if image_format else []
    process = subprocess.Popen(
        ['qemu-io', *options, *form, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        process.stdin.write(b'length\n')
        process.stdin.flush()
        # The image is open once qemu-io has answered.
        lines = iter(process.stdout.readline, b'')
        if not any(line.endswith(b'iB\n') for line in lines):
            raise OSError(f'qemu-io could not open {path}')
        yield process
    finally:
        process.communicate(b'quit\n', timeout=30)


def _open(path):
    """Return the command that opens an image for writing, and fails if it can't."""
    return ['qemu-io', '-f', 'raw', '-c', 'length', str(path)]


class LocksTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name, builders.VOLUME)
        self.path.touch()
        os.truncate(self.path, builders.GIB)

    def test_image_that_nobody_has_open(self):
        self.assertEqual(locks.Holders(reading=False, writing=False), locks.holders(self.path))

    def test_image_that_a_guest_writes_to(self):
        with opened_by_qemu(self.path):
            self.assertTrue(locks.holders(self.path).writing)
        self.assertFalse(locks.holders(self.path).any)

    def test_image_that_somebody_reads(self):
        with opened_by_qemu(self.path, '-r'):
            self.assertEqual(locks.Holders(reading=True, writing=False), locks.holders(self.path))

    def test_image_in_use_can_not_be_claimed(self):
        with opened_by_qemu(self.path, '-r'):
            in_use = self.assertRaisesRegex(exceptions.FileInUse, 'open in a QEMU process')
            with in_use, locks.claim(self.path):
                self.fail('claimed')

    def test_claimed_image_can_not_be_opened_by_qemu(self):
        with locks.claim(self.path):
            ended = subprocess.run(_open(self.path), capture_output=True)
        self.assertIn(b'lock', ended.stderr)
        self.assertNotEqual(0, ended.returncode)

    def test_image_that_is_kept_unwritten_can_be_read_and_not_written(self):
        with locks.keep_unwritten(self.path), opened_by_qemu(self.path, '-r'):
            self.assertEqual(1, subprocess.run(_open(self.path), capture_output=True).returncode)
        self.assertEqual(0, subprocess.run(_open(self.path), capture_output=True).returncode)

    def test_claimed_image_can_not_be_kept_unwritten(self):
        in_use = self.assertRaisesRegex(exceptions.FileInUse, builders.VOLUME)
        with locks.claim(self.path), in_use, locks.keep_unwritten(self.path):
            self.fail('kept')

    def test_missing_image_is_named(self):
        self.path.unlink()
        with self.assertRaisesRegex(exceptions.ChainError, builders.VOLUME):
            locks.holders(self.path)

    def test_image_in_use_is_not_discarded(self):
        layout = builders.layout(self.path.parent)
        with opened_by_qemu(self.path), self.assertRaises(exceptions.FileInUse):
            volumes.discard(layout, builders.VOLUME)
        self.assertTrue(self.path.exists())
        volumes.discard(layout, builders.VOLUME)
        self.assertFalse(self.path.exists())
