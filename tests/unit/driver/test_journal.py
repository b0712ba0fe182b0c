# SPDX-License-Identifier: Apache-2.0
"""Who has lost a volume's lock without knowing doesn't get past another one's journal."""

import contextlib
import errno
import os
import pathlib

from driver import durable, exceptions, journal, locks, records
from driver.journal import Intent, Operation
from tests.unit.driver import builders
from tests.unit.driver.snapshots_case import Interrupted, SnapshotsCase

_OURS = Intent(Operation.CREATE, 'b')
_OTHERS = Intent(Operation.CREATE, 'a')


class LostLockTest(SnapshotsCase):
    def keep(self, intent=_OURS, **how):
        with journal.kept(self.layout, intent, self.maker, **how):
            pass

    def assert_left(self, intent):
        self.assertEqual(intent, journal.load(self.layout))

    def test_journal_of_another_one_at_work_is_not_replaced(self):
        with journal.kept(self.layout, _OTHERS, self.maker):
            with self.assertRaisesRegex(exceptions.StateError, 'no lock in common'):
                self.keep()
            self.assert_left(_OTHERS)

    def test_operation_is_not_taken_up_that_another_one_has_taken_up(self):
        with journal.kept(self.layout, _OTHERS, self.maker):
            with self.assertRaisesRegex(exceptions.StateError, 'no lock in common'):
                self.keep(pending=_OTHERS)
            self.assert_left(_OTHERS)

    def test_interrupted_operation_that_another_one_has_ended(self):
        with self.assertRaisesRegex(exceptions.StateError, 'has lost its lock'):
            self.keep(pending=_OTHERS)

    def test_interrupted_operation_that_is_not_the_one_that_was_seen(self):
        self.leave(_OURS)
        with self.assertRaisesRegex(exceptions.StateError, 'has lost its lock'):
            self.keep(pending=_OTHERS)
        self.assert_left(_OURS)

    def test_link_that_was_made_and_is_answered_like_another_one_s(self):
        journal_path = self.layout.path(self.layout.journal)
        temporary = self.layout.path(self.layout.temporary(self.layout.journal))
        durable.write(temporary, b'ours', self.maker)
        os.link(temporary, journal_path)
        self.assertTrue(durable.publish_new(temporary, journal_path))
        durable.write(temporary, b'later', self.maker)
        self.assertFalse(durable.publish_new(temporary, journal_path))
        self.assertEqual(b'ours', journal_path.read_bytes())

    def test_share_on_which_no_file_has_two_names(self):
        def refuse(self, target):
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

        self.addCleanup(setattr, pathlib.Path, 'hardlink_to', pathlib.Path.hardlink_to)
        pathlib.Path.hardlink_to = refuse
        with journal.kept(self.layout, _OTHERS, self.maker):
            self.assertTrue(journal.is_held(self.layout))
            with self.assertRaisesRegex(exceptions.StateError, 'no lock in common'):
                self.keep()
            self.assert_left(_OTHERS)
        self.assert_left(None)

    def test_same_operation_asked_for_again_keeps_the_journal_that_is_there(self):
        self.leave(_OURS)
        before = self.layout.path(self.layout.journal).stat()
        with journal.kept(self.layout, _OURS, self.maker, pending=_OURS):
            self.assertTrue(os.path.samestat(before, self.journal_path().stat()))
            self.assertTrue(journal.is_held(self.layout))
        self.assert_left(None)
        self.assertEqual([builders.VOLUME], self.names())

    def test_temporary_file_that_another_process_has_put_in_the_place_of_ours(self):
        temporary = self.layout.path(self.layout.temporary(self.layout.journal))
        claim = locks.claim

        @contextlib.contextmanager
        def claim_late(path):
            with claim(path) as handle:
                if path == temporary:
                    data = path.read_bytes()
                    path.unlink()
                    path.write_bytes(data)
                yield handle

        self.addCleanup(setattr, locks, 'claim', claim)
        locks.claim = claim_late
        with self.assertRaisesRegex(exceptions.StateError, 'has lost its lock'):
            self.keep()

    def test_second_name_that_a_death_has_left_is_in_nobody_s_way(self):
        self.leave(_OTHERS)
        os.link(self.journal_path(), self.layout.path(self.layout.temporary(self.layout.journal)))
        self.keep(pending=_OTHERS)
        self.assertEqual([builders.VOLUME], self.names())

    def test_temporary_file_of_another_process_at_work_stays(self):
        temporary = self.layout.path(self.layout.temporary(self.layout.journal))
        temporary.write_bytes(b'theirs')
        with locks.claim(temporary):
            with self.assertRaisesRegex(exceptions.StateError, 'no lock in common'):
                self.keep()
            self.assertEqual(b'theirs', temporary.read_bytes())

    def journal_path(self):
        return self.layout.path(self.layout.journal)

    def leave(self, intent):
        with (
            contextlib.suppress(Interrupted),
            journal.kept(self.layout, intent, self.maker),
        ):
            raise Interrupted

    def test_interrupted_operation_is_taken_up(self):
        self.leave(_OTHERS)
        with journal.kept(self.layout, _OURS, self.maker, pending=_OTHERS):
            self.assert_left(_OURS)
            self.assertTrue(journal.is_held(self.layout))
        self.assert_left(None)

    def test_journal_goes_if_another_one_has_been_at_work_before_it(self):
        def check():
            self.assertTrue(locks.holders(self.layout.path(self.layout.journal)).any)
            raise exceptions.overtaken(self.layout.volume)

        with self.assertRaisesRegex(exceptions.StateError, 'has lost its lock'):
            self.keep(check=check)
        self.assert_left(None)

    def test_snapshot_that_another_one_has_taken_since_the_volume_was_read(self):
        self.take('a')
        begin = durable.write

        def overtake(*arguments):
            durable.write = begin
            self.take('other')
            begin(*arguments)

        durable.write = overtake
        self.addCleanup(setattr, durable, 'write', begin)
        with self.assertRaisesRegex(exceptions.StateError, 'has lost its lock'):
            self.take('b')
        self.assertEqual({'a', 'other'}, records.load(self.layout).overlays.keys())
        self.assert_left(None)
        self.take('b')
