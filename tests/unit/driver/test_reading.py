# SPDX-License-Identifier: Apache-2.0
"""Headers of files, of which few bytes are read unless one goes on beyond them."""

from driver import exceptions, files, reading
from tests.unit.driver import builders
from tests.unit.driver.test_access import FolderCase

LONG = builders.extension(0x12345678, bytes(40_000))


class HeaderTest(FolderCase):
    def setUp(self):
        super().setUp()
        self.layout = builders.layout(self.folder)

    def header(self, **parts):
        self.layout.path(builders.VOLUME).write_bytes(builders.header(**parts))
        return reading.read_header(self.layout, builders.VOLUME)

    def test_name_far_behind_the_beginning(self):
        found = self.header(backing='volume-0f0e0d0c.a', backing_format='qcow2', extensions=LONG)
        self.assertEqual(
            ('volume-0f0e0d0c.a', 'qcow2'), (found.backing_file, found.backing_format)
        )

    def test_what_is_wrong_far_behind_the_beginning_is_told(self):
        twice = LONG + builders.extension(0xE2792ACA, b'qcow2')
        with self.assertRaisesRegex(exceptions.ImageError, 'of its backing file twice'):
            self.header(backing='volume-0f0e0d0c.a', extensions=twice)

    def test_file_that_has_changed_is_read_anew(self):
        first = self.header(backing='volume-0f0e0d0c.a')
        second = self.header(backing='volume-0f0e0d0c.b')
        self.assertEqual(
            ('volume-0f0e0d0c.a', 'volume-0f0e0d0c.b'), (first.backing_file, second.backing_file)
        )

    def test_little_is_read_of_a_usual_header(self):
        read, real = [], files.read_at

        def counting(handle, offset, most):
            read.append(most)
            return real(handle, offset, most)

        self.addCleanup(setattr, files, 'read_at', real)
        files.read_at = counting
        self.header(backing='volume-0f0e0d0c.a')
        self.assertEqual([1024], read)
