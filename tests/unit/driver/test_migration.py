# SPDX-License-Identifier: Apache-2.0
"""Migrations on real files: in all formats, on one share and two, refused, failing."""

import dataclasses
import unittest

from driver import exceptions, records, volumes
from driver.chain import Image
from driver.layout import Format, Layout
from driver.location import Location
from driver.migration_note import Migration, Place
from driver.records import Record
from tests.unit.driver import builders
from tests.unit.driver.migration_case import HERE, PAIRS, SIZE, THERE, MigrationCase
from tests.unit.driver.test_locks import opened_by_qemu


class MigrationTest(MigrationCase):
    def test_each_format_to_each(self):
        for source, target in PAIRS:
            with self.subTest(f'{source.value} to {target.value}'):
                self.setUp()
                self.make(source, target)
                told = self.migrate()
                self.assert_moved(target)
                state = self.rows.state
                self.assertEqual(THERE, told['provider_location'])
                self.assertEqual(state.name, self.rows.name_of(told['_name_id']))
                path = self.folder / 'two' / state.name
                self.assertEqual(0o600, builders.mode_of(path))

    def test_both_backends_on_one_share(self):
        self.make(Format.RAW, Format.QCOW2, shares=(HERE,))
        self.migrate()
        self.assert_moved(Format.QCOW2, HERE)

    def test_shares_of_the_other_backend_get_no_volumes_of_this_one(self):
        self.make(Format.RAW, Format.RAW)
        self.migrate()
        self.assertEqual([HERE], self.opener.mounted.admitted())

    def test_volume_with_snapshots_is_refused(self):
        self.make(Format.RAW, Format.RAW)
        layout = Layout(self.folder / 'one', builders.VOLUME)
        overlay, lower = layout.overlay('a'), Image(builders.VOLUME, Format.RAW, SIZE)
        volumes.create_overlay(layout, overlay, lower, self.maker)
        records.save(layout, Record(overlay, {'a': overlay}), self.maker)
        before = self.names()
        with self.assertRaisesRegex(exceptions.StateError, r"has snapshots, \['a'\]"):
            self.migrate()
        self.assertEqual(before, self.names())

    def test_attached_volume_is_refused(self):
        self.make(Format.RAW, Format.RAW)
        attached = dataclasses.replace(self.rows.state, attached=True)
        with self.assertRaisesRegex(exceptions.StateError, 'is attached'):
            self.migrations.migrate(attached, self.location, {'host': 'node@two'})
        self.assert_stayed()

    def test_volume_that_is_about_to_be_attached_is_refused(self):
        self.make(Format.RAW, Format.RAW)
        for change in ({'attachments': ('a',)}, {'status': 'attaching'}, {'status': 'reserved'}):
            with self.subTest(str(change)):
                reserved = dataclasses.replace(self.rows.state, **change)
                with self.assertRaisesRegex(exceptions.StateError, r'about to be \(attachments'):
                    self.migrations.migrate(reserved, self.location, {'host': 'node@two'})
                self.assert_stayed()

    def test_volume_that_a_guest_unknown_to_cinder_has_open_is_refused(self):
        self.make(Format.RAW, Format.RAW)
        with (
            opened_by_qemu(self.folder / 'one' / builders.VOLUME),
            self.assertRaises(exceptions.FileInUse),
        ):
            self.migrate()
        self.assert_stayed()

    def test_share_that_is_not_there_is_refused(self):
        self.make(Format.RAW, Format.RAW, shares=('host:/three',))
        with self.assertRaisesRegex(exceptions.ShareError, 'three'):
            self.migrate()
        self.assert_stayed()

    def test_database_that_fails_leaves_the_volume_as_it_is(self):
        self.make(Format.RAW, Format.QCOW2)
        self.rows.fails = 'switch'
        with self.assertRaises(OSError):
            self.migrate()
        self.assert_stayed()


class NoteTest(unittest.TestCase):
    NOTE = Migration('node@one', Place(HERE, 'a'), Place(THERE, 'b'), Format.QCOW2)

    def test_note_is_read_back_and_nothing_is_none(self):
        self.assertEqual(self.NOTE, Migration.parse({**self.NOTE.note(), 'format': 'raw'}, 'v'))
        self.assertIsNone(Migration.parse({'format': 'raw'}, 'v'))

    def test_half_a_note_is_refused(self):
        for key in self.NOTE.note():
            with self.subTest(key), self.assertRaisesRegex(exceptions.StateError, 'which is none'):
                Migration.parse({k: v for k, v in self.NOTE.note().items() if k != key}, 'v')


class LocationTest(unittest.TestCase):
    def test_location_is_read_back(self):
        location = Location('nfs', (HERE, THERE), Format.QCOW2, True, 0o660)
        self.assertEqual(location, Location.parse(location.written()))

    def test_what_other_drivers_say_is_none_of_ours(self):
        for said in (None, 'LVMVolumeDriver:host:group:thin:0', '[]', '{}', '{"kind": "other"}'):
            with self.subTest(said):
                self.assertIsNone(Location.parse(said))

    def test_what_another_version_of_the_driver_says_is_not_understood(self):
        location = Location('nfs', (HERE,), Format.RAW, True, 0o660)
        text = location.written()
        for other in (text.replace('raw', 'vhdx'), text.replace('"mode"', '"rights"')):
            with self.subTest(other):
                self.assertIsNone(Location.parse(other))
