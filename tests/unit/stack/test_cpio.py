# SPDX-License-Identifier: Apache-2.0
"""Whether the guest's archive has the form that the kernel reads."""

import stat
import unittest

from tests.stack.guest import cpio


def fields(archive):
    """Return the numbers of the header that an archive begins with."""
    return [int(archive[6 + 8 * place : 14 + 8 * place], 16) for place in range(13)]


class ArchiveTest(unittest.TestCase):
    def test_file_has_its_mode_size_and_name(self):
        archive = cpio.archive([cpio.file('init', b'#!/bin/sh\n', 0o755)])
        self.assertTrue(archive.startswith(b'070701'))
        numbers = fields(archive)
        self.assertEqual(stat.S_IFREG | 0o755, numbers[1])
        self.assertEqual(10, numbers[6])
        self.assertEqual(len(b'init\0'), numbers[11])
        self.assertEqual(b'init\0', archive[110:115])

    def test_names_and_contents_are_padded_to_four_bytes(self):
        archive = cpio.archive([cpio.file('init', b'12345')])
        # 110 + 5 is 115, and content begins at 116; it ends at 121, and what follows is at 124.
        self.assertEqual(b'12345\0\0\0', archive[116:124])
        self.assertEqual(b'070701', archive[124:130])

    def test_link_has_its_target_as_content(self):
        archive = cpio.archive([cpio.link('sh', 'busybox')])
        self.assertEqual(stat.S_IFLNK | 0o777, fields(archive)[1])
        self.assertIn(b'busybox', archive)

    def test_it_ends_with_what_ends_it(self):
        archive = cpio.archive([cpio.folder('dev')])
        self.assertIn(b'TRAILER!!!\0', archive)
        self.assertEqual(0, len(archive) % 4)
