# SPDX-License-Identifier: Apache-2.0
"""Whole operations on a volume in a folder, interrupted where it hurts, and what comes next."""

import dataclasses
import os
import pathlib

from driver import durable, exceptions, journal, locks, online, qemu_img, records
from driver.backend import Backend
from driver.database import VolumeState
from driver.journal import Intent, Operation
from driver.layout import Format
from driver.opening import Opener
from driver.snapshots import Snapshots
from nova_assist import client
from tests.unit.driver import builders
from tests.unit.driver.test_offline import reads, write
from tests.unit.driver.test_online import Nova, OnlineCase
from tests.unit.driver.test_shares import settings

DELETED = client.Status('deleting', '90%')


class Folder:
    """Stands for the shares of a backend: one folder with all the room there is."""

    options = None

    def __init__(self, path):
        self.path = path
        self.options = {}

    def folder(self, export):
        return pathlib.Path(self.path)

    def admitted(self):
        return ['host:/share']

    def capacity(self, export):
        return None

    def fits(self, capacity, size):
        return True


class Rows:
    """Stands for Cinder's database: remembers what it is told."""

    def __init__(self, nova):
        self.nova_api = nova
        self.formats = None
        self.attachment = None
        self.state = None
        self.temporary = {}
        self.settled = {}

    def save_formats(self, volume_id, active, base):
        self.formats = (active, base)

    def point_attachments_to(self, volume_id, name, image_format):
        self.attachment = name

    def settle_creation(self, snapshot_id, taken):
        self.settled[snapshot_id] = taken

    def snapshot_status(self, snapshot_id):
        return self.nova_api.look()

    def reset_progress(self, snapshot_id, status):
        self.nova_api.reset(status)

    def volume_state(self, volume_id):
        return self.state

    def add_temporary_snapshot(self, source_id, new_volume_id):
        self.temporary['t'] = 'creating'
        self.nova_api.status = client.Status('creating', '0%')
        return 't'

    def set_snapshot_status(self, snapshot_id, status):
        self.temporary[snapshot_id] = status
        self.nova_api.status = client.Status(status, self.nova_api.status.progress)

    def forget_snapshot(self, snapshot_id):
        del self.temporary[snapshot_id]

    def nova(self, context, timeout):
        return self.nova_api


class Interrupted(BaseException):
    """The death of cinder-volume at one place."""


class SnapshotsCase(OnlineCase):
    def setUp(self):
        super().setUp()
        self.nova = Nova()
        self.rows = Rows(self.nova)
        options = settings(self.layout.folder)
        self.opener = Opener(options, Folder(self.layout.folder), self.maker, self.rows)
        self.snapshots = Snapshots(self.opener)
        self.backend = Backend(self.opener)
        self.state = VolumeState(
            id='v',
            name=builders.VOLUME,
            size=builders.GIB,
            share='host:/share',
            status='available',
            attached=False,
            active_format=Format.RAW,
            base_format=Format.RAW,
        )

    def attach(self, name):
        self.state = dataclasses.replace(self.state, status='in-use', attached=True)
        self.guest_opens(name)

    def detach(self):
        self.guests.close()
        self.state = dataclasses.replace(self.state, status='available', attached=False)

    def take(self, *snapshot_ids):
        for snapshot_id in snapshot_ids:
            self.snapshots.create(self.state, snapshot_id, None)

    def remove(self, snapshot_id):
        self.snapshots.delete(self.state, snapshot_id, None)

    def active(self):
        return self.backend.connection(self.state)['name']

    def die_in(self, module, name):
        """Have a function end the service instead of doing its work, once."""
        real = getattr(module, name)

        def die(*args, **kwargs):
            setattr(module, name, real)
            raise Interrupted(name)

        setattr(module, name, die)
        self.addCleanup(setattr, module, name, real)

    def commit(self, upper, lower, lower_format):
        """Do what a guest's commit job leaves in the headers."""
        self.guests.close()
        qemu_img.rebase(self.layout.path(upper), lower, lower_format)
        self.guest_opens(upper)

    def assert_clean(self, *names):
        expected = [builders.VOLUME, *names, self.layout.record]
        self.assertEqual(sorted(expected), self.names())


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
                    self.die_in(module, name)
                    with self.assertRaises(Interrupted):
                        self.remove(order[0])
                    for snapshot_id in order:
                        self.remove(snapshot_id)
                        active = self.layout.path(self.active())
                        form = Format.RAW if active.name == builders.VOLUME else Format.QCOW2
                        self.assertTrue(reads(active, form, 1, 1))
                        self.assertTrue(reads(active, form, 2, 2))
                    self.assert_clean()

    def test_service_that_dies_in_a_creation_leaves_no_orphan(self):
        for module, name in ((qemu_img, 'create_overlay'), (records, 'save')):
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
        for status in ('backing-up', 'restoring-backup'):
            state = dataclasses.replace(self.state, status=status)
            with self.assertRaisesRegex(exceptions.Unsupported, 'cinder-backup'):
                self.backend.connection(state)

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
                    self.backend.extend_volume(self.state, 2 * builders.GIB)
                self.backend.undo_extension(self.state)
                self.assertEqual(builders.VOLUME, self.active())
                found = self.opener.open(self.state).chain.active
                self.assertEqual(builders.GIB, found.virtual_size)
                self.assertTrue(reads(self.layout.path(builders.VOLUME), form, 1, 1))

    def test_extension_that_was_interrupted_can_be_repeated(self):
        os.truncate(self.layout.path(builders.VOLUME), 2 * builders.GIB)
        self.backend.extend_volume(self.state, 2 * builders.GIB)
        self.assertEqual(builders.VOLUME, self.active())

    def test_journal_that_is_damaged_is_named(self):
        self.layout.path(self.layout.journal).write_text('{"operation": "create"')
        with self.assertRaisesRegex(exceptions.RecordError, self.layout.journal):
            self.active()


class AttachedTest(SnapshotsCase):
    def setUp(self):
        super().setUp()
        self.take('a', 'b')
        self.overlays = [self.layout.overlay('a'), self.layout.overlay('b')]
        self.attach(self.overlays[1])

    def test_guest_that_had_switched_when_the_service_died(self):
        overlay = self.layout.overlay('c')
        self.nova.work = lambda: self.guest_opens(overlay)
        self.die_in(records, 'save')
        with self.assertRaises(Interrupted):
            self.take('c')
        self.assertEqual(overlay, self.active())
        self.assertEqual(overlay, self.rows.attachment)
        self.assertNotIn(self.layout.journal, self.names())

    def test_guest_that_had_written_and_shut_down_when_the_service_died(self):
        overlay = self.layout.overlay('c')

        def switch_and_write():
            self.guests.close()
            write(self.layout.path(overlay), Format.QCOW2, 1, 1)

        self.nova.work = switch_and_write
        self.die_in(records, 'save')
        with self.assertRaises(Interrupted):
            self.take('c')
        self.detach()
        self.assertEqual(overlay, self.active())
        self.remove('c')
        self.assertTrue(reads(self.layout.path(self.active()), Format.QCOW2, 1, 1))

    def test_guest_that_had_not_switched_when_the_service_died(self):
        self.die_in(online.Assist, 'create')
        with self.assertRaises(Interrupted):
            self.take('c')
        self.assertEqual(self.overlays[1], self.active())
        self.assert_clean(*self.overlays)

    def test_refusal_leaves_nothing(self):
        self.nova.error = client.Refused('no host', 400)
        for act, words in ((self.take, 'still uses'), (self.remove, 'no host')):
            with self.assertRaisesRegex(online.NotTaken, words):
                act('b' if act == self.remove else 'c')
        self.assert_clean(*self.overlays)

    def test_older_snapshot_of_a_guest_that_is_shut_off_is_merged_here(self):
        self.guests.close()
        self.nova.error = client.Refused('not active', 400)
        self.remove('a')
        self.assert_clean(self.overlays[1])
        with self.assertRaisesRegex(online.NotTaken, 'not active'):
            self.remove('b')

    def test_merge_that_ends_after_the_driver_gave_up(self):
        self.nova.status, self.nova.report = client.Status('deleting', '0%'), None
        with self.assertRaisesRegex(exceptions.AssistError, 'not reported in time'):
            self.remove('a')
        # It may still be going on: the volume can be attached, and nothing else is begun.
        self.assertEqual(self.overlays[1], self.active())
        with self.assertRaisesRegex(exceptions.StateError, 'may still be going on'):
            self.take('c')
        self.commit(self.overlays[1], builders.VOLUME, Format.RAW)
        asked = len(self.nova.requests)
        self.remove('a')
        self.assertEqual(asked, len(self.nova.requests))
        self.assert_clean(self.overlays[1])

    def test_refusal_of_a_repetition_does_not_forget_the_merge_that_goes_on(self):
        self.nova.report = None
        with self.assertRaisesRegex(exceptions.AssistError, 'not reported in time'):
            self.remove('b')
        self.nova.error = client.Refused('the instance is paused', 409)
        with self.assertRaisesRegex(online.NotTaken, 'paused'):
            self.remove('b')
        with self.assertRaisesRegex(exceptions.StateError, 'may still be going on'):
            self.take('c')
        # The pull that was asked for first ends: the base stands for snapshot "a" now.
        self.commit(self.overlays[1], builders.VOLUME, Format.RAW)
        self.assertEqual(self.overlays[1], self.active())
        self.assertEqual({'a': self.overlays[1]}, records.load(self.layout).overlays)

    def test_merge_that_ends_unseen_is_settled_by_any_other_operation(self):
        self.nova.report = None
        with self.assertRaises(exceptions.AssistError):
            self.remove('a')
        self.commit(self.overlays[1], builders.VOLUME, Format.RAW)
        self.assertEqual(self.overlays[1], self.active())
        self.assert_clean(self.overlays[1])
        self.assertEqual({'b': self.overlays[1]}, records.load(self.layout).overlays)

    def test_pull_and_commit_that_leave_the_same_headers_are_told_apart(self):
        self.nova.report = None
        with self.assertRaises(exceptions.AssistError):
            self.remove('b')
        # A pull of "a" into "b": now the base holds snapshot "a", which "b" stands for.
        self.commit(self.overlays[1], builders.VOLUME, Format.RAW)
        self.active()
        self.assertEqual({'a': self.overlays[1]}, records.load(self.layout).overlays)
        self.assert_clean(self.overlays[1])

    def test_merge_that_came_to_nothing_is_done_when_its_guest_is_gone(self):
        self.nova.report = None
        with self.assertRaises(exceptions.AssistError):
            self.remove('a')
        self.detach()
        self.assertEqual(self.overlays[1], self.active())  # to attach a volume is not to wait
        with self.assertRaisesRegex(exceptions.StateError, 'being deleted'):
            self.backend.create_from_snapshot(
                'w', 'host:/share', 'volume-w', builders.GIB, self.state, 'a'
            )
        self.take('c')
        self.assert_clean(self.overlays[1], self.layout.overlay('c'))

    def test_attachment_that_names_the_overlay_of_a_guest_that_is_shut_off(self):
        overlay = self.layout.overlay('c')
        self.nova.work = self.guests.close
        self.die_in(records, 'save')
        with self.assertRaises(Interrupted):
            self.take('c')
        self.state = dataclasses.replace(self.state, attached_files=(overlay,))
        self.assertEqual(overlay, self.active())
        self.assertEqual({'c': True}, self.rows.settled)

    def test_guest_that_is_shut_off_and_whose_attachment_names_the_old_file(self):
        self.nova.work = self.guests.close
        self.die_in(records, 'save')
        with self.assertRaises(Interrupted):
            self.take('c')
        self.state = dataclasses.replace(self.state, attached_files=(self.overlays[1],))
        self.assertEqual(self.overlays[1], self.active())
        self.assertEqual({'c': False}, self.rows.settled)
        self.assert_clean(*self.overlays)

    def test_two_guests_on_two_files_are_left_to_the_operator(self):
        overlay = self.layout.overlay('c')

        def switch_and_back():
            self.guests.close()
            write(self.layout.path(overlay), Format.QCOW2, 1, 1)
            self.guest_opens(self.overlays[1])

        self.nova.work = switch_and_back
        with self.assertRaisesRegex(exceptions.AssistError, 'has written to'):
            self.take('c')
        before = self.names()
        with self.assertRaisesRegex(exceptions.ChainError, 'nova-assist check'):
            self.active()
        self.assertEqual(before, self.names())

    def test_operation_that_another_service_has_under_way(self):
        intent = Intent(Operation.DELETE, 'a', removes=self.overlays[0])
        with journal.kept(self.layout, intent, self.maker):
            self.assertTrue(journal.is_held(self.layout))
            with self.assertRaisesRegex(exceptions.StateError, 'backend_url'):
                self.take('c')
        self.assertFalse(journal.is_held(self.layout))

    def test_file_still_open_after_a_merge_is_removed_later(self):
        def commit_and_hold():
            self.commit(self.overlays[1], builders.VOLUME, Format.RAW)

        self.nova.work, self.nova.report = commit_and_hold, DELETED
        self.die_in(durable, 'remove')
        with self.assertRaises(Interrupted):
            self.remove('a')
        self.assertEqual(self.overlays[1], self.active())
        self.assert_clean(self.overlays[1])

    def test_intent_is_durable_while_nova_works(self):
        seen = []
        self.nova.work = lambda: seen.append(journal.load(self.layout))
        self.nova.report = client.Status('error_deleting', '90%')
        with self.assertRaises(exceptions.AssistError):
            self.remove('b')
        intent = Intent(Operation.DELETE, 'b', removes=self.overlays[0])
        self.assertEqual([intent], seen)
        self.assertTrue(locks.holders(self.layout.path(self.overlays[1])).writing)
