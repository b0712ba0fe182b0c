# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import tempfile
import unittest

from driver import access, durable, exceptions, listing
from tests.unit.driver import builders

UUID = '11111111-2222-3333-4444-555555555555'


class ListingTest(unittest.TestCase):
    def test_volume_of_a_name(self):
        names = {
            f'volume-{UUID}': f'volume-{UUID}',
            f'volume-{UUID}.info': f'volume-{UUID}',
            f'volume-{UUID}.{UUID}.tmp': f'volume-{UUID}',
            f'cinder_{UUID}.journal': f'cinder_{UUID}',
            'lost+found': None,
            'volume-': None,
            'notes.txt': None,
        }
        for name, volume in names.items():
            self.assertEqual(volume, listing.volume_of(name), name)

    def test_folder_with_all_sorts_of_names(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ('volume-a', 'volume-a.info', 'volume-b', 'other', '.nfs0001'):
                pathlib.Path(folder, name).touch()
            found = listing.list_folder(pathlib.Path(folder))
        self.assertEqual(
            {'volume-a': ('volume-a', 'volume-a.info'), 'volume-b': ('volume-b',)}, found.volumes
        )
        self.assertEqual(1, found.others)

    def test_folder_that_is_not_there(self):
        with self.assertRaisesRegex(exceptions.ShareError, 'Could not list /no/such'):
            listing.list_folder(pathlib.Path('/no/such'))

    def test_volume_by_what_an_operator_may_call_it(self):
        found = listing.Listing({'volume-a': (), f'cinder_{UUID}': ()}, 0)
        for word, volume in (
            ('a', 'volume-a'),
            ('volume-a.info', 'volume-a'),
            (UUID, f'cinder_{UUID}'),
            ('555555555555', None),
        ):
            self.assertEqual(volume, listing.find(found, word))


class KeepTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name, builders.VOLUME)
        self.path.write_bytes(b'old')
        os.utime(self.path, (0, 0))
        self.maker = access.FileMaker(access.SECURE_MODE)

    def test_name_tells_when_the_file_was_last_changed(self):
        kept = durable.keep(self.path)
        self.assertEqual(f'{builders.VOLUME}.replaced-19700101T000000Z', kept.name)
        self.assertTrue(listing.is_kept(kept.name))

    def test_repetition_finds_what_the_first_attempt_has_made(self):
        self.assertEqual(durable.keep(self.path), durable.keep(self.path))

    def test_what_is_kept_already_is_not_replaced(self):
        first = durable.keep(self.path)
        self.path.unlink()
        self.path.write_bytes(b'new')
        os.utime(self.path, (0, 0))
        second = durable.keep(self.path)
        self.assertEqual((b'old', b'new'), (first.read_bytes(), second.read_bytes()))
        self.assertTrue(listing.is_kept(second.name))

    def test_start_is_kept_once_and_never_replaced(self):
        first = durable.keep_start(self.path, 2, self.maker)
        self.assertEqual(b'ol', first.read_bytes())
        self.assertEqual(first, durable.keep_start(self.path, 2, self.maker))
        self.path.write_bytes(b'new')
        os.utime(self.path, (0, 0))
        self.assertEqual(b'ne', durable.keep_start(self.path, 2, self.maker).read_bytes())
        self.assertEqual(b'ol', first.read_bytes())
