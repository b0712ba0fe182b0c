# SPDX-License-Identifier: Apache-2.0
"""Whole operations on a detached volume, interrupted where it hurts, and what comes next."""

import dataclasses
import os

from driver import durable, empty_overlay, exceptions, qemu_img, records
from driver.layout import Format
from tests.unit.driver import builders
from tests.unit.driver.snapshots_case import Interrupted, SnapshotsCase
from tests.unit.driver.test_offline import reads, write


class DetachedTest(SnapshotsCase):
    def test_formats_and_attachments_follow_the_active_file(self):
        self.take('a')
        self.assertEqual((Format.QCOW2, Format.RAW), self.rows.formats)
        self.remove('a')
        self.assertEqual((Format.RAW, Format.RAW), self.rows.formats)
        self.assertIsNone(self.rows.attachment)
        self.assert_clean()

    def test_wrong_state_is_refused(self):
        self.state = dataclasses.replace(self.state, status='attaching')
        for act in (self.take, self.remove):
            with self.assertRaisesRegex(exceptions.StateError, 'status is attaching'):
                act('a')
        self.assertEqual([builders.VOLUME], self.names())

    def test_service_that_dies_anywhere_in_a_deletion_loses_nothing(self):
        deaths = (
            (qemu_img, 'commit'),
            (qemu_img, 'rebase'),
            (durable, 'sync_file'),
            (records, 'save'),
            (durable, 'remove'),
        )
        for module, name in deaths:
            for order in ('bac', 'cab', 'abc'):
                if name == 'rebase' and order[0] == 'c':
                    continue  # The newest one has no overlay above it.
                with self.subTest(f'{name} {order}'):
                    self.take('a')
                    write(self.layout.path(self.active()), Format.QCOW2, 1, 1)
                    self.take('b')
                    write(self.layout.path(self.active()), Format.QCOW2, 2, 2)
                    self.take('c')
                    write(self.layout.path(self.active()), Format.QCOW2, 3, 3)
                    self.die_in(module, name)
                    with self.assertRaises(Interrupted):
                        self.remove(order[0])
                    for snapshot_id in order:
                        self.remove(snapshot_id)
                        active = self.layout.path(self.active())
                        form = Format.RAW if active.name == builders.VOLUME else Format.QCOW2
                        self.assertTrue(reads(active, form, 1, 1))
                        self.assertTrue(reads(active, form, 2, 2))
                        self.assertTrue(reads(active, form, 3, 3))
                    self.assert_clean()

    def test_service_that_dies_in_the_deletion_of_what_was_not_written_to_loses_nothing(self):
        for module, name in ((durable, 'sync_file'), (records, 'save'), (durable, 'remove')):
            for order in ('ba', 'ab'):
                with self.subTest(f'{name} {order}'):
                    self.take('a')
                    write(self.layout.path(self.active()), Format.QCOW2, 1, 1)
                    self.take('b')
                    self.die_in(module, name)
                    with self.assertRaises(Interrupted):
                        self.remove(order[0])
                    for snapshot_id in order:
                        self.remove(snapshot_id)
                    self.assertTrue(reads(self.layout.path(builders.VOLUME), Format.RAW, 1, 1))
                    self.assert_clean()

    def test_service_that_dies_in_a_creation_leaves_no_orphan(self):
        for module, name in ((empty_overlay, 'write'), (records, 'save')):
            with self.subTest(name):
                self.die_in(module, name)
                with self.assertRaises(Interrupted):
                    self.take('a')
                self.remove('a')
                self.assertNotIn(self.layout.overlay('a'), self.names())
                self.assertNotIn(self.layout.journal, self.names())

    def test_service_that_is_killed_while_it_makes_an_overlay_leaves_no_orphan(self):
        self.layout.path(self.layout.temporary(self.layout.overlay('a'))).touch()
        self.remove('a')
        self.assertEqual([builders.VOLUME], self.names())

    def test_full_share_at_the_record_can_be_repeated(self):
        self.take('a', 'b')
        save = records.save

        def full(*args):
            records.save = save
            raise exceptions.ShareError('no room')

        records.save = full
        with self.assertRaises(exceptions.ShareError):
            self.remove('a')
        self.assertEqual(self.layout.overlay('b'), self.active())
        self.remove('b')
        self.assert_clean()

    def test_leftover_that_a_guest_has_written_to_is_not_removed(self):
        self.take('a')
        record = records.load(self.layout)
        write(self.layout.path(record.active), Format.QCOW2, 1, 1)
        self.layout.path(self.layout.record).unlink()
        with self.assertRaisesRegex(exceptions.StateError, 'a guest has written to it'):
            self.remove('a')
        self.assertIn(self.layout.overlay('a'), self.names())

    def test_volume_that_is_gone_for_good_can_be_cleared(self):
        self.take('a')
        for name in self.names():
            self.layout.path(name).unlink()
        self.remove('a')
        self.backend.delete_volume('host:/share', builders.VOLUME)
        self.assertEqual([], self.names())

    def test_backup_does_not_get_a_qcow2_file(self):
        self.take('a')
        state = dataclasses.replace(self.state, status='backing-up')
        with self.assertRaisesRegex(exceptions.StateError, 'cinder-backup'):
            self.backend.connection(state)

    def test_guest_does_while_a_copy_of_the_volume_is_backed_up(self):
        self.take('a')
        state = dataclasses.replace(self.state, status='backing-up', attached=True)
        self.assertEqual('qcow2', self.backend.connection(state)['format'])

    def test_overlay_that_was_being_withdrawn_is_removed(self):
        for death in ((durable, 'remove'), (durable, 'truncate')):
            with self.subTest(death[1]):
                self.die_in(records, 'save')
                with self.assertRaises(Interrupted):
                    self.take('a')
                self.die_in(*death)
                with self.assertRaises(Interrupted):
                    self.active()
                self.assertEqual(builders.VOLUME, self.active())
                self.assertEqual([builders.VOLUME], self.names())

    def test_extension_that_was_interrupted_can_be_undone(self):
        for form in Format:
            with self.subTest(form.value):
                self.layout.path(builders.VOLUME).unlink()
                self.create(form)
                self.state = dataclasses.replace(self.state, base_format=form)
                write(self.layout.path(builders.VOLUME), form, 1, 1)
                self.die_in(durable, 'sync_file')
                with self.assertRaises(Interrupted):
                    self.extending.extend(self.state, 2 * builders.GIB, None)
                self.backend.undo_extension(self.state)
                self.assertEqual(builders.VOLUME, self.active())
                found = self.opener.open(self.state).chain.active
                self.assertEqual(builders.GIB, found.virtual_size)
                self.assertTrue(reads(self.layout.path(builders.VOLUME), form, 1, 1))

    def test_extension_that_was_interrupted_can_be_repeated(self):
        os.truncate(self.layout.path(builders.VOLUME), 2 * builders.GIB)
        self.extending.extend(self.state, 2 * builders.GIB, None)
        self.assertEqual(builders.VOLUME, self.active())

    def test_journal_that_is_damaged_is_named(self):
        self.layout.path(self.layout.journal).write_text('{"operation": "create"')
        with self.assertRaisesRegex(exceptions.RecordError, self.layout.journal):
            self.active()
