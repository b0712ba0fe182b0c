# SPDX-License-Identifier: Apache-2.0
"""Overlays that the driver writes itself, beside those that qemu-img makes."""

import json
import subprocess

from driver import empty_overlay, exceptions, qcow2
from driver.layout import Format
from tests.unit.driver import builders
from tests.unit.driver.test_access import FolderCase
from tests.unit.driver.test_offline import reads, write

TIB = 1 << 40


def qemu_img(*words):
    return json.loads(
        subprocess.run(['qemu-img', *words], check=True, capture_output=True).stdout or '{}'
    )


class EmptyOverlayTest(FolderCase):
    def setUp(self):
        super().setUp()
        self.base = self.folder / 'base'
        self.overlay = self.folder / 'overlay'
        self.theirs = self.folder / 'theirs'

    def make(self, size, backing_format=Format.RAW):
        self.overlay.write_bytes(b'')
        empty_overlay.write(self.overlay, 'base', backing_format, size)

    def told(self, path):
        """Return what QEMU tells of an overlay that does not depend on who has made it."""
        found = qemu_img('info', '--output=json', '-f', 'qcow2', path)
        changing = ('filename', 'actual-size', 'children')
        return {key: value for key, value in found.items() if key not in changing}

    def assert_like_theirs(self, size, backing_format):
        for path, words in (
            (self.base, ('-f', backing_format.value)),
            (self.theirs, ('-u', '-b', 'base', '-F', backing_format.value, '-f', 'qcow2')),
        ):
            qemu_img('create', '-q', *words, path, str(size))
        self.make(size, backing_format)
        found = qemu_img('check', '--output=json', '-f', 'qcow2', self.overlay)
        self.assertEqual(
            {0}, {found.get(key, 0) for key in ('check-errors', 'leaks', 'corruptions')}
        )
        self.assertEqual(self.told(self.theirs), self.told(self.overlay))

    def test_qemu_tells_the_same_as_of_an_overlay_of_its_own(self):
        table = 512 << 20  # what a table of one cluster leads to
        raw = (512, builders.GIB, builders.GIB + 512, table, table + 512)
        # More than a raw file of this machine may have, so that only qcow2 bases are.
        large = (4 * TIB + 512, 64 * TIB)
        for sizes, backing_format in (
            (raw, Format.RAW),
            ((*raw, *large), Format.QCOW2),
        ):
            for size in sizes:
                with self.subTest(size=size, backing_format=backing_format.value):
                    self.base.unlink(missing_ok=True)
                    self.assert_like_theirs(size, backing_format)

    def test_size_of_a_raw_file_that_ends_within_a_sector_is_what_qemu_makes_of_it(self):
        self.make(1000)
        self.assertEqual(1024, self.header().virtual_size)

    def test_base_shows_through_until_it_is_written_over(self):
        with self.base.open('wb') as file:
            file.truncate(builders.GIB)
        write(self.base, Format.RAW, 1, 9)
        self.make(builders.GIB)
        self.assertTrue(reads(self.overlay, Format.QCOW2, 1, 9))
        last = builders.GIB // 65536 - 1
        write(self.overlay, Format.QCOW2, last, 7)
        self.assertTrue(reads(self.overlay, Format.QCOW2, last, 7))
        self.assertTrue(reads(self.overlay, Format.QCOW2, 1, 9))

    def test_longest_name_fits(self):
        name = 'n' * 255
        self.overlay.touch()
        empty_overlay.write(self.overlay, name, Format.QCOW2, builders.GIB)
        self.assertEqual((name, 'qcow2'), (self.header().backing_file, 'qcow2'))

    def test_link_under_its_name_is_not_followed(self):
        self.base.write_bytes(b'precious')
        self.overlay.symlink_to(self.base)
        with self.assertRaisesRegex(exceptions.ShareError, 'a symbolic link lies where'):
            empty_overlay.write(self.overlay, 'base', Format.RAW, builders.GIB)
        self.assertEqual(b'precious', self.base.read_bytes())

    def test_what_can_not_be_written_is_named(self):
        with self.assertRaisesRegex(exceptions.ShareError, f'Could not make {self.overlay} an'):
            empty_overlay.write(self.overlay, 'base', Format.RAW, builders.GIB)

    def header(self):
        return qcow2.parse(self.overlay.read_bytes()[: qcow2.HEADER_BYTES], 'overlay')
