# SPDX-License-Identifier: Apache-2.0
"""Snapshots of a record that Cinder comes to manage, forgets, or is interrupted at managing."""

from driver import durable, exceptions, journal, records
from driver.journal import Intent, Operation
from driver.layout import Format
from tests.unit.driver.adoption_case import AdoptionCase
from tests.unit.driver.snapshots_case import Interrupted
from tests.unit.driver.test_adopting import free, taken
from tests.unit.driver.test_offline import reads, write


class SnapshotAdoptionTest(AdoptionCase):
    def setUp(self):
        super().setUp()
        write(self.layout.path(self.layout.volume), Format.RAW, 1, 1)
        self.take('a', 'b')

    def adopt(self, key='a'):
        self.snapshot_adoptions.adopt(self.state, 'new', {'source-name': key})

    def keys(self):
        return sorted(records.load(self.layout).overlays)

    def test_record_has_the_new_id_and_no_file_is_touched(self):
        before = self.names()
        self.adopt()
        self.assertEqual(['b', 'new'], self.keys())
        self.assertEqual(before, self.names())
        self.assertEqual({'new': 1}, self.adoption_rows.snapshots)

    def test_snapshot_can_be_deleted_after(self):
        self.adopt()
        self.remove('new')
        self.remove('b')
        self.assert_clean()
        self.assertTrue(reads(self.layout.path(self.layout.volume), Format.RAW, 1, 1))

    def test_size(self):
        self.assertEqual(1, self.snapshot_adoptions.gib(self.state, {'source-name': 'a'}))

    def test_what_the_record_does_not_have(self):
        for given in ({'source-name': 'x'}, {'source-name': ['a']}, {}, 'a', None):
            with self.assertRaisesRegex(
                exceptions.InvalidReference, r"has no snapshot .*'a', 'b'"
            ):
                self.snapshot_adoptions.gib(self.state, given)

    def test_snapshot_that_is_managed(self):
        self.adoption_rows.snapshots['a'] = 1
        with self.assertRaisesRegex(exceptions.InvalidReference, 'managed already'):
            self.adopt()

    def test_snapshot_whose_deletion_has_begun_is_neither_managed_nor_unmanaged(self):
        with (
            self.assertRaises(Interrupted),
            journal.kept(self.layout, Intent(Operation.DELETE, 'a'), self.maker),
        ):
            raise Interrupted
        with self.assertRaisesRegex(exceptions.StateError, 'has begun'):
            self.adopt()
        with self.assertRaisesRegex(exceptions.StateError, 'delete it again instead'):
            self.snapshot_adoptions.release(self.state, 'a')
        self.snapshot_adoptions.release(self.state, 'b')

    def test_adoption_that_has_come_as_far_as_the_record_is_ended(self):
        self.adopt()
        self.snapshot_adoptions.settle('host', None, taken)
        self.assertEqual({}, self.rows.settled)
        self.snapshot_adoptions.settle('host', None, free)
        self.assertEqual({'new': True}, self.rows.settled)

    def test_adoption_that_has_not_is_left_to_cinder(self):
        self.die_in(durable, 'publish')
        with self.assertRaises(Interrupted):
            self.adopt()
        self.snapshot_adoptions.settle('host', None, free)
        self.assertEqual({}, self.rows.settled)
        self.assertEqual(['a', 'b'], self.keys())

    def test_snapshot_that_was_being_unmanaged_is_managed(self):
        self.adoption_rows.snapshots['u'] = 1
        self.snapshot_adoptions.settle('host', None, free)
        self.assertEqual({'u': 'available'}, self.rows.temporary)
