# SPDX-License-Identifier: Apache-2.0
"""What references name, and names of which no file is managed."""

import unittest

from driver import exceptions, references
from driver.layout import Format
from driver.references import Reference

_ID = '0f0e0d0c-0b0a-0908-0706-050403020100'


class ReferenceTest(unittest.TestCase):
    def parse(self, name, **more):
        return references.parse({'source-name': name, **more}, ['nas:/a', 'nas:/a/b', 'nas:/'])

    def test_name_alone(self):
        self.assertEqual(Reference(None, 'disk', None), self.parse('disk'))

    def test_share_with_its_name(self):
        self.assertEqual(Reference('nas:/a', 'disk', None), self.parse('nas:/a/disk'))

    def test_share_within_another(self):
        self.assertEqual(Reference('nas:/a/b', 'disk', None), self.parse('nas:/a/b/disk'))

    def test_share_that_is_the_root(self):
        self.assertEqual(Reference('nas:/', 'disk', None), self.parse('nas:/disk'))

    def test_format_by_the_name(self):
        for name, stated in (('a.qcow2', Format.QCOW2), ('a.IMG', Format.RAW), ('a.iso', None)):
            self.assertEqual(stated, self.parse(name).stated)

    def test_format_by_its_key_counts_more(self):
        self.assertIs(Format.RAW, self.parse('a.qcow2', format='raw').stated)

    def test_what_is_no_reference(self):
        for given in ('disk', None, {}, {'source-id': 'disk'}, {'source-name': None}):
            with self.assertRaisesRegex(exceptions.InvalidReference, 'has no "source-name"'):
                references.parse(given, ['nas:/a'])

    def test_formats_that_are_not_known(self):
        for given in ('vmdk', 1, ['raw'], {}):
            with self.assertRaisesRegex(exceptions.InvalidReference, 'only raw and qcow2'):
                self.parse('a', format=given)

    def test_reference_without_a_name(self):
        for given in ({}, {'source-id': 'x'}, {'source-name': 1}):
            with self.assertRaisesRegex(exceptions.InvalidReference, 'has no "source-name"'):
                references.parse(given, [])

    def test_names_that_can_not_be_managed(self):
        for name, said in (
            ('nas:/c/disk', 'on no share'),
            ('nas:/a/sub/disk', 'move it there'),
            ('nas:/a/../disk', 'move it there'),
            ('..', 'hidden'),
            ('', 'hidden'),
            ('.nfs0001', 'hidden'),
            ('two\nlines', 'not be printed'),
            ('\udcff', 'not be printed'),
            ('disk.info', 'beside a volume'),
            ('disk.journal', 'beside a volume'),
            ('disk.tmp', 'beside a volume'),
            (f'volume-{_ID}.{_ID}', f'part of volume volume-{_ID} '),
            ('disk.vmdk', 'neither raw nor qcow2'),
        ):
            with (
                self.subTest(ascii(name)),
                self.assertRaisesRegex(exceptions.InvalidReference, said),
            ):
                self.parse(name)

    def test_volume_by_its_base_file(self):
        self.assertEqual(f'volume-{_ID}', self.parse(f'nas:/a/volume-{_ID}').name)
