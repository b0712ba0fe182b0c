# SPDX-License-Identifier: Apache-2.0
"""Raw files made qcow2 images in place, judged by QEMU, and by the driver's own gate."""

import json
import os
import shutil
import subprocess

from driver import exceptions, qcow2, wrapping
from driver.layout import Format
from tests.unit.driver import builders
from tests.unit.driver.test_access import FolderCase
from tests.unit.driver.test_offline import reads, write

CLUSTER = 65536


class WrappingTest(FolderCase):
    def setUp(self):
        super().setUp()
        self.path = self.folder / 'volume'

    def make(self, size, *clusters):
        """Make a raw file with a value of its own in each of some clusters."""
        with self.path.open('wb') as file:
            file.truncate(size)
        for value, cluster in enumerate(clusters, 1):
            write(self.path, Format.RAW, cluster, value)
        self.raw = self.folder / 'raw'
        shutil.copyfile(self.path, self.raw)

    def qemu_img(self, *words):
        return subprocess.run(['qemu-img', *words], check=True, capture_output=True).stdout

    def assert_same(self):
        """See that QEMU finds no error in the image, nothing unused, and the raw file's data."""
        found = json.loads(self.qemu_img('check', '--output=json', '-f', 'qcow2', self.path))
        self.assertEqual({0}, {found.get(key, 0) for key in ('check-errors', 'leaks')})
        self.assertEqual(0, found.get('corruptions', 0))
        self.qemu_img('compare', '-f', 'raw', '-F', 'qcow2', self.raw, self.path)
        told = json.loads(self.qemu_img('info', '--output=json', '-f', 'qcow2', self.path))
        self.assertEqual(self.raw.stat().st_size, told['virtual-size'])

    def test_sizes_around_the_borders_of_each_kind_of_table(self):
        l2 = wrapping._ENTRIES * CLUSTER
        counted = wrapping._REFCOUNTS * CLUSTER
        for size in (CLUSTER, l2, l2 + CLUSTER, counted - 6 * CLUSTER, counted, 3 * counted):
            with self.subTest(size):
                last = size // CLUSTER - 1
                self.make(size, *sorted({0, last // 2, last}))
                wrapping.wrap(self.path, None, None)
                self.assert_same()

    def test_size_that_is_no_multiple_of_a_cluster(self):
        self.make(3 * CLUSTER + 512, 0, 2)
        wrapping.wrap(self.path, None, None)
        self.assert_same()

    def test_nothing_shows_of_the_backing_file(self):
        base = self.folder / 'base'
        with base.open('wb') as file:
            file.truncate(builders.GIB)
        write(base, Format.RAW, 1, 9)
        self.make(builders.GIB, 0, 3)
        wrapping.wrap(self.path, 'base', 'raw')
        self.assert_same()
        self.assertTrue(reads(self.path, Format.QCOW2, 1, 0))
        header = qcow2.parse(self.path.read_bytes()[: qcow2.HEADER_BYTES], 'volume')
        self.assertEqual(('base', 'raw'), (header.backing_file, header.backing_format))
        self.assertEqual(builders.GIB, header.virtual_size)

    def test_image_can_be_written_and_merged(self):
        base = self.folder / 'base'
        with base.open('wb') as file:
            file.truncate(builders.GIB)
        self.make(builders.GIB, 0, 3)
        wrapping.wrap(self.path, 'base', 'raw')
        for cluster in (0, 5):
            for path, form in ((self.path, Format.QCOW2), (self.raw, Format.RAW)):
                write(path, form, cluster, 7)
        self.assert_same()
        self.qemu_img('commit', '-f', 'qcow2', '-d', self.path)
        self.qemu_img('compare', '-f', 'raw', '-F', 'raw', self.raw, base)
        self.assertLess(base.stat().st_blocks * 512, 64 << 20)

    def test_holes_stay_holes(self):
        self.make(builders.GIB, 0)
        wrapping.wrap(self.path, None, None)
        self.assertLess(self.path.stat().st_blocks * 512, 1 << 20)

    def test_file_that_can_not_be_written_says_what_to_do(self):
        os.symlink('elsewhere', self.path)
        with self.assertRaisesRegex(exceptions.ShareError, 'a symbolic link'):
            wrapping.wrap(self.path, None, None)
