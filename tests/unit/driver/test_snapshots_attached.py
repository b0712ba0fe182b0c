# SPDX-License-Identifier: Apache-2.0
"""Whole operations on an attached volume, interrupted where it hurts, and what comes next."""

import dataclasses

from driver import durable, exceptions, journal, locks, online, records
from driver.backend import Target
from driver.journal import Intent, Operation
from driver.layout import Format
from nova_assist import client
from tests.unit.driver import builders
from tests.unit.driver.snapshots_case import DELETED, Interrupted, SnapshotsCase
from tests.unit.driver.test_offline import reads, write


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
            target = Target('w', 'host:/share', 'volume-w', builders.GIB)
            self.backend.create_from_snapshot(target, self.state, 'a')
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
