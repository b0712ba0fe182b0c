# SPDX-License-Identifier: Apache-2.0
"""Notes of extensions: what is read of them, and what is not believed."""

import unittest

from driver import exceptions
from driver.extension import KEYS, Extension
from tests.unit.driver import builders

GIB = builders.GIB


def note(*sizes):
    return dict(zip(KEYS, sizes, strict=False))


class NoteTest(unittest.TestCase):
    def test_note_is_read_as_it_was_written(self):
        extension = Extension(GIB, 3 * GIB)
        for size in (GIB, 3 * GIB):
            self.assertEqual(extension, Extension.parse(extension.note(), size, 'v'))

    def test_volume_without_one(self):
        self.assertIsNone(Extension.parse({'format': 'raw'}, GIB, 'v'))

    def test_volume_that_has_grown_beyond_it_since(self):
        self.assertIsNone(Extension.parse(note('1', '2'), 3 * GIB, 'v'))

    def test_note_that_can_not_be_is_refused(self):
        for bad in (note('1'), note('2', '2'), note('3', '2'), note('0', '1'), note('x', '2')):
            with self.subTest(bad), self.assertRaisesRegex(exceptions.StateError, KEYS[0]):
                Extension.parse(bad, GIB, 'v')
