# SPDX-License-Identifier: Apache-2.0
"""A guest that writes to a real image, and what its history knows."""

import pathlib
import random
import subprocess
import tempfile
import threading
import unittest

from hypothesis import given
from hypothesis import strategies as st

from nova_assist.checks.data import compare
from nova_assist.checks.model import Exactly, History
from nova_assist.checks.pattern import BLOCK_SIZE, Pattern
from nova_assist.checks.reader import ImageSource, Reader
from nova_assist.scenarios.disk import Disk
from nova_assist.scenarios.errors import GuestIoError
from nova_assist.scenarios.waiting import Patience
from nova_assist.scenarios.writer import DiskWriter, choose_blocks, write_all

SIZE = 2**30
PATTERN = Pattern(7)


class BlocksTest(unittest.TestCase):
    @given(st.integers(), st.integers(1, 4))
    def test_first_and_last_block_are_written(self, seed, gib):
        blocks = choose_blocks(random.Random(seed), gib * SIZE)
        self.assertEqual((0, gib * SIZE // BLOCK_SIZE - 1), (blocks[0], blocks[-1]))
        self.assertLess(len(blocks), 30)


class DiskTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.source = ImageSource(str(self.folder / 'image'), 'qcow2')
        command = ['qemu-img', 'create', '-q', '-f', 'qcow2', self.source.location, str(SIZE)]
        subprocess.run(command, check=True)
        self.history = History('v1')
        self.blocks = choose_blocks(random.Random(7), SIZE)

    def disk(self):
        return Disk(self.source, self.folder, PATTERN)

    def assert_holds_history(self):
        content = Reader(self.folder, PATTERN).read(self.source)
        self.assertEqual([], compare(content, Exactly(SIZE, self.history.state())))

    def test_everything_written_is_read_back(self):
        with self.disk() as disk:
            write_all(disk, self.history, self.blocks)
        self.assertEqual(len(self.blocks), self.history.acknowledged)
        self.assert_holds_history()

    def test_write_beyond_the_end_fails_with_qemu_s_words(self):
        with self.disk() as disk, self.assertRaisesRegex(GuestIoError, 'error'):
            write_all(disk, self.history, [SIZE // BLOCK_SIZE])

    def test_image_that_is_not_there_can_not_be_opened(self):
        with self.assertRaisesRegex(GuestIoError, 'No such file'):
            Disk(ImageSource('/nowhere/at/all', 'raw'), self.folder, PATTERN)

    def test_scratch_folder_that_is_gone_first_does_not_matter(self):
        scratch = self.folder / 'scratch'
        scratch.mkdir()
        with Disk(self.source, scratch, PATTERN) as disk:
            self.assertEqual([], list(scratch.iterdir()), 'nothing there is left to be removed')
            scratch.rmdir()
            write_all(disk, self.history, self.blocks)
        self.assert_holds_history()

    def test_paused_writer_leaves_the_image_as_its_history_has_it(self):
        writer = DiskWriter(self.disk(), self.history, self.blocks, random.Random(1))
        self.addCleanup(writer.close)
        for count in (5, 10):
            self.await_writes(count)
            writer.pause()
            self.assertEqual(self.history.issued, self.history.acknowledged)
            self.assert_holds_history()
            writer.resume()

    def test_failed_write_is_reported_at_the_next_pause(self):
        writer = DiskWriter(self.disk(), self.history, [SIZE // BLOCK_SIZE], random.Random(1))
        self.await_writes(1)
        with self.assertRaises(GuestIoError):
            writer.pause()
        with self.assertRaises(GuestIoError):
            writer.close()

    def await_writes(self, count):
        patience = Patience(threading.Event())
        patience.wait(f'{count} writes', lambda: self.history.issued >= count or None)
