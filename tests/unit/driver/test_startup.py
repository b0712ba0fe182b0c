# SPDX-License-Identifier: Apache-2.0
"""What a service that starts makes of what its predecessor has left half done."""

import contextlib
import dataclasses
import os

from driver import journal, records
from driver.extension import Extension
from driver.journal import Intent, Operation
from driver.layout import Format
from driver.settling import Look
from driver.startup import Startup
from driver.startup_rows import Unfinished
from tests.unit.driver import builders
from tests.unit.driver.snapshots_case import Interrupted
from tests.unit.driver.test_locks import opened_by_qemu
from tests.unit.driver.test_revert import RevertCase


class Database:
    """Stands for Cinder's database: one volume, and what is under way on it."""

    def __init__(self, test):
        self.test = test
        self.deleting = []
        self.transfer = None
        self.in_hand = []

    def unfinished(self, host, cluster):
        return Unfinished(
            deletions=frozenset(['v'] if self.deleting else []),
            extensions=frozenset(['v'] if self.test.growth.extending else []),
            transfers=frozenset(['v'] if self.transfer else []),
        )

    def volume_names(self, host, cluster):
        return {builders.VOLUME: 'v'}

    def give_up_transfer(self, volume_id):
        was, self.transfer = self.transfer, None
        return was

    def give_up_deletions(self, volume_id):
        left, self.deleting = self.deleting, [*self.in_hand]
        return [each for each in left if each not in self.in_hand], self.deleting


class StartupTest(RevertCase):
    def setUp(self):
        super().setUp()
        self.database = Database(self)
        self.free = True

    @contextlib.contextmanager
    def try_lock(self, volume_id):
        yield self.free

    def start(self, ours=True):
        mine = ('node@nfs', None)
        self.startup = Startup(self.backend, self.reverts, self.database, *mine, self.try_lock)
        self.look = Look(lambda _: ours, self.try_lock)
        self.startup.settle(self.look)

    def leave_creation(self):
        self.die_in(records, 'save')
        with self.assertRaises(Interrupted):
            self.take('a')

    def transfer(self, status):
        self.database.transfer = status
        self.state = dataclasses.replace(self.state, status=status)

    def test_nothing_to_settle(self):
        self.start()
        self.assertEqual([builders.VOLUME], self.names())

    def test_creation_is_undone(self):
        self.leave_creation()
        self.start()
        self.assertEqual([builders.VOLUME], self.names())
        self.assertEqual({'a': False}, self.rows.settled)

    def test_creation_that_had_come_to_its_record_is_finished(self):
        self.die_in(self.opener.ledger, 'save_formats')
        with self.assertRaises(Interrupted):
            self.take('a')
        self.start()
        self.assert_clean(self.layout.overlay('a'))
        self.assertEqual({'a': True}, self.rows.settled)

    def test_volume_that_somebody_works_on_is_left_alone(self):
        self.leave_creation()
        self.free = False
        before = self.names()
        self.start()
        self.assertEqual(before, self.names())

    def test_snapshots_being_deleted_can_be_deleted_again(self):
        self.database.deleting = ['a']
        with self.assertLogs('driver.startup', 'WARNING') as logged:
            self.start()
        self.assertEqual([], self.database.deleting)
        self.assertIn('snapshot a of volume v was interrupted', logged.output[0])

    def test_snapshots_that_are_deleted_with_their_volume_are_left_to_cinder(self):
        self.database.deleting = ['a']
        self.state = dataclasses.replace(self.state, status='deleting')
        self.start()
        self.assertEqual(['a'], self.database.deleting)

    def test_volume_that_a_service_without_our_locks_works_on_is_left_alone(self):
        self.database.deleting = ['a']
        intent = Intent(Operation.DELETE, 'a', removes=self.layout.overlay('a'))
        with journal.kept(self.layout, intent, self.maker):
            self.start()
        self.assertEqual(['a'], self.database.deleting)

    def test_volume_that_was_worked_on_without_our_locks_is_settled_by_a_later_sweep(self):
        self.leave_creation()
        self.database.deleting = ['b']
        with journal.taken(self.layout, journal.load(self.layout)):
            self.start()
            self.startup.sweep()
            self.assertEqual(['b'], self.database.deleting)
        self.startup.sweep()
        self.assertEqual([], self.database.deleting)
        self.assertEqual([builders.VOLUME], self.names())
        self.assertEqual({}, self.startup.postponed)

    def test_lock_that_can_not_be_asked_for_does_not_keep_the_service_from_starting(self):
        self.database.deleting = ['a']
        self.try_lock = lambda volume_id: contextlib.closing(None)
        with self.assertLogs('driver.settling', 'ERROR') as logged:
            self.start()
        self.assertIn('could not be settled', logged.output[0])

    def test_temporary_files_are_removed_those_of_others_stay(self):
        for name in (f'{builders.VOLUME}.tmp', f'{builders.VOLUME}.a.tmp', 'volume-other.tmp'):
            self.layout.path(name).touch()
        self.start()
        self.assertEqual([builders.VOLUME, 'volume-other.tmp'], self.names())

    def test_volume_that_was_being_made_leaves_nothing(self):
        self.layout.path(builders.VOLUME).rename(self.layout.path(f'{builders.VOLUME}.tmp'))
        self.state = dataclasses.replace(self.state, status='creating')
        self.start()
        self.assertEqual([], self.names())

    def test_image_that_was_being_copied_over_the_volume_fails(self):
        for temporary in ([], [f'{builders.VOLUME}.tmp']):
            with self.subTest(temporary):
                for name in temporary:
                    self.layout.path(name).touch()
                self.transfer('downloading')
                with self.assertLogs('driver.startup', 'WARNING') as logged:
                    self.start()
                self.assertIn('reset its state to available', logged.output[0])
                self.assertIsNone(self.database.transfer)
                self.assertEqual([builders.VOLUME], self.names())

    def test_image_that_another_service_copies_over_the_volume_is_left_to_it(self):
        self.transfer('downloading')
        self.start(ours=False)
        self.assertEqual('downloading', self.database.transfer)
        self.start()
        self.assertIsNone(self.database.transfer)

    def test_volume_of_which_an_image_was_being_made_can_be_used_again(self):
        self.transfer('uploading')
        with self.assertLogs('driver.startup', 'WARNING') as logged:
            self.start()
        self.assertIn('make another one', logged.output[0])
        self.assertIsNone(self.database.transfer)

    def test_volume_whose_snapshot_somebody_deletes_is_looked_at_again(self):
        self.database.deleting, self.database.in_hand = ['a', 'b'], ['b']
        with self.assertLogs('driver', 'WARNING') as logged:
            self.start()
        self.assertEqual(2, len(logged.output))
        self.assertEqual(['v'], [*self.startup.postponed])
        self.database.in_hand = []
        self.startup.sweep()
        self.assertEqual({}, self.startup.postponed)
        self.assertEqual([], self.database.deleting)

    def test_status_that_a_dead_service_s_locks_keep_is_told(self):
        self.growth.extending = True
        self.state = dataclasses.replace(self.state, status='extending')
        self.free = False
        self.start()
        self.assertEqual({'v'}, self.look.passed_over)
        self.free = True
        self.start()
        self.assertEqual(set(), self.look.passed_over)
        self.assertFalse(self.growth.extending)

    def test_extension_of_a_file_that_somebody_has_open_is_told(self):
        for image_format in Format:
            with self.subTest(image_format.value):
                self.layout.path(builders.VOLUME).unlink()
                self.create(image_format, size=2 * builders.GIB)
                self.growth.extending = True
                self.state = dataclasses.replace(
                    self.state,
                    status='extending',
                    active_format=image_format,
                    base_format=image_format,
                )
                path = self.layout.path(builders.VOLUME)
                with (
                    opened_by_qemu(path, image_format=image_format.value),
                    self.assertLogs('driver.settling', 'ERROR'),
                ):
                    self.start()
                self.assertEqual({'v'}, self.look.passed_over)
                self.start()
                self.assertFalse(self.growth.extending)
                found = self.opener.open(self.state).chain.active
                self.assertEqual(builders.GIB, found.virtual_size)

    def test_extension_is_undone(self):
        os.truncate(self.layout.path(builders.VOLUME), 2 * builders.GIB)
        self.growth.extending = True
        self.state = dataclasses.replace(self.state, status='extending')
        self.start()
        self.assertEqual(builders.GIB, self.layout.path(builders.VOLUME).stat().st_size)
        self.assertFalse(self.growth.extending)

    def test_extension_that_is_another_service_s_is_left_to_it(self):
        os.truncate(self.layout.path(builders.VOLUME), 2 * builders.GIB)
        self.growth.extending = True
        self.state = dataclasses.replace(self.state, status='extending')
        self.start(ours=False)
        self.assertEqual(2 * builders.GIB, self.layout.path(builders.VOLUME).stat().st_size)
        self.assertTrue(self.growth.extending)

    def test_creation_is_undone_whichever_service_has_worked_on_the_volume_last(self):
        self.leave_creation()
        self.start(ours=False)
        self.assertEqual([builders.VOLUME], self.names())
        self.assertEqual({'a': False}, self.rows.settled)

    def test_what_the_start_had_to_pass_over_is_settled_by_the_sweep(self):
        self.leave_creation()
        self.database.deleting = ['b']
        self.free = False
        self.start()
        self.startup.sweep()
        self.assertEqual(['b'], self.database.deleting)
        self.free = True
        self.startup.sweep()
        self.assertEqual([], self.database.deleting)
        self.assertEqual([builders.VOLUME], self.names())
        self.assertEqual({}, self.startup.postponed)

    def test_extension_that_a_guest_has_seen_is_kept_and_charged(self):
        for attached in (True, False):
            with self.subTest(attached=attached):
                os.truncate(self.layout.path(builders.VOLUME), 2 * builders.GIB)
                self.growth.extending, self.growth.charged = True, 0
                self.state = dataclasses.replace(
                    self.state,
                    status='extending',
                    attached=attached,
                    size=builders.GIB,
                    extension=Extension(builders.GIB, 2 * builders.GIB),
                )
                self.start()
                self.assertEqual(2 * builders.GIB, self.state.size)
                self.assertEqual(builders.GIB, self.growth.charged)
                self.assertEqual(
                    2 * builders.GIB, self.opener.open(self.state).chain.active.virtual_size
                )

    def test_extension_of_an_attached_volume_that_nova_has_not_carried_out_is_given_up(self):
        self.growth.extending = True
        self.state = dataclasses.replace(
            self.state,
            status='extending',
            attached=True,
            extension=Extension(builders.GIB, 2 * builders.GIB),
        )
        with self.assertLogs('driver.startup', 'WARNING'):
            self.start()
        self.assertFalse(self.growth.extending)
        self.assertEqual((builders.GIB, 0), (self.growth.shown, self.growth.charged))

    def test_revert_is_finished(self):
        self.take('a')
        self.write(1)
        self.revert_rows.ask('a')
        self.layout.path(self.layout.temporary(self.layout.overlay('a'))).touch()
        self.start()
        self.assertEqual('available', self.state.status)
        self.assertEqual([], self.written())
        self.assert_clean(self.layout.overlay('a'))

    def test_revert_of_a_volume_that_is_gone_fails(self):
        self.layout.path(builders.VOLUME).unlink()
        self.revert_rows.ask('a')
        with self.assertLogs('driver.revert', 'ERROR'):
            self.start()
        self.assertEqual('error', self.state.status)

    def test_volume_that_can_not_be_settled_does_not_keep_the_service_from_starting(self):
        self.leave_creation()
        self.layout.path(self.layout.record).write_text('{')
        with self.assertLogs('driver.settling', 'ERROR') as logged:
            self.start()
        self.assertIn(self.layout.record, logged.output[0])
        self.assertIn(self.layout.overlay('a'), self.names())

    def test_format_of_the_volume_is_known_again(self):
        self.die_in(self.opener.ledger, 'save_formats')
        with self.assertRaises(Interrupted):
            self.take('a')
        self.start()
        self.assertEqual((Format.QCOW2, Format.RAW), self.rows.formats)
