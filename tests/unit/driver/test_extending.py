# SPDX-License-Identifier: Apache-2.0
"""Volumes that grow under a guest, with a Nova that does it, does not, or does it late.

The guest's QEMU is real: it has the file open, and is who grows it.
"""

import dataclasses
import functools

from driver import exceptions, journal, reading, volumes
from driver.extension import Extension
from driver.journal import Intent, Operation
from driver.layout import Format
from nova_assist import client
from tests.unit.driver import builders
from tests.unit.driver.snapshots_case import Interrupted, SnapshotsCase
from tests.unit.driver.test_offline import reads, write

GIB = builders.GIB


class ExtendingCase(SnapshotsCase):
    """A volume with a snapshot that a guest has open."""

    def setUp(self):
        super().setUp()
        self.take('a')
        self.file = self.layout.overlay('a')
        self.qemu = None

    def attach(self, name):
        self.state = dataclasses.replace(
            self.state, status='in-use', attached=True, servers=('server',)
        )
        self.qemu = self.guest_opens(name)

    def resize(self, size):
        """Have the guest's QEMU grow its file, as Nova would."""
        self.qemu.stdin.write(f'truncate {size}\n'.encode())
        self.qemu.stdin.flush()
        image = self.opener.open(self.expecting(size)).chain.active
        grown = client.poll(
            lambda: reading.virtual_size(self.layout, image), lambda found: found == size, 30
        )
        self.assertEqual(size, grown)

    def expecting(self, size):
        return dataclasses.replace(self.state, size=size, extension=None)

    def extend(self, gib=2):
        self.extending.extend(self.state, gib * GIB, None)

    def size(self):
        return self.opener.open(self.state).chain.active.virtual_size

    def assert_failed(self, words, shown=GIB):
        with self.assertRaisesRegex(exceptions.DriverError, words):
            self.extend()
        self.assertEqual(shown, self.growth.shown)


class AttachedTest(ExtendingCase):
    def setUp(self):
        super().setUp()
        self.attach(self.file)

    def test_guest_that_grows_its_file_while_nova_finds_the_new_size(self):
        self.growth.work = self.resize
        self.extend()
        self.assertEqual([('server',)], self.growth.asked)
        self.assertEqual((2 * GIB, None), (self.state.size, self.state.extension))
        self.assertEqual(2 * GIB, self.size())
        self.assertEqual(0, self.growth.charged)

    def test_raw_file_without_snapshots(self):
        self.detach()
        self.remove('a')
        self.attach(builders.VOLUME)
        self.growth.work = self.resize
        self.extend()
        self.assertEqual(2 * GIB, self.layout.path(builders.VOLUME).stat().st_size)

    def test_nova_that_says_no_leaves_no_trace(self):
        self.growth.error = client.Refused('answered 404', 404)
        self.assert_failed('answered 404. Nothing was changed')
        self.assertIsNone(self.state.extension)

    def test_nova_that_can_not_be_reached_leaves_no_trace(self):
        self.growth.error = client.Unreachable('no connection')
        self.assert_failed('no connection')
        self.assertIsNone(self.state.extension)

    def test_nova_whose_answer_is_lost_may_have_done_it(self):
        self.growth.work = self.resize
        for gib, error in ((2, client.Unanswered('late')), (3, client.BrokenOff('broken off'))):
            self.growth.error = error
            self.extend(gib)
            self.assertEqual(gib * GIB, self.state.size)

    def test_nova_that_does_nothing(self):
        self.assert_failed('has not grown the disk of server server in time')
        self.assertEqual(Extension(GIB, 2 * GIB), self.state.extension)
        self.assertEqual(GIB, self.size())

    def test_nova_that_is_late_is_right_and_its_work_is_charged(self):
        self.assert_failed('has not grown')
        self.resize(2 * GIB)
        self.assertEqual(2 * GIB, self.size())
        self.assertEqual((2 * GIB, None), (self.state.size, self.state.extension))
        self.assertEqual(GIB, self.growth.charged)

    def test_failed_extension_can_be_repeated(self):
        self.assert_failed('has not grown')
        self.growth.work = self.resize
        self.extend()
        self.assertEqual((2 * GIB, None), (self.state.size, self.state.extension))

    def test_repetition_finds_that_the_late_nova_has_done_it_and_asks_no_more(self):
        self.assert_failed('has not grown')
        self.resize(2 * GIB)
        self.extend()
        self.assertEqual(1, len(self.growth.asked))
        self.assertEqual((2 * GIB, 0), (self.state.size, self.growth.charged))

    def test_other_size_is_refused_while_nova_may_still_be_at_the_first(self):
        self.assert_failed('has not grown')
        with self.assertRaisesRegex(exceptions.StateError, f'to grow it to {2 * GIB} bytes'):
            self.extend(3)
        self.assertEqual(Extension(GIB, 2 * GIB), self.state.extension)

    def test_larger_size_once_the_late_nova_has_done_the_first(self):
        self.assert_failed('has not grown')
        self.resize(2 * GIB)
        self.growth.work = self.resize
        self.extend(3)
        self.assertEqual((3 * GIB, 0), (self.state.size, self.growth.charged))

    def test_late_size_is_kept_if_a_larger_one_fails(self):
        self.assert_failed('has not grown')
        self.resize(2 * GIB)
        with self.assertRaisesRegex(exceptions.AssistError, 'has not grown'):
            self.extend(3)
        self.assertEqual(2 * GIB, self.size())
        self.assertEqual((2 * GIB, GIB), (self.state.size, self.growth.charged))

    def test_smaller_size_than_the_file_has_is_refused(self):
        self.resize(3 * GIB)
        self.state = dataclasses.replace(self.state, extension=Extension(GIB, 3 * GIB))
        with self.assertRaisesRegex(exceptions.StateError, 'bytes already'):
            self.extend(2)

    def test_guest_that_goes_away_meanwhile(self):
        def leave(size):
            self.guests.close()
            self.state = dataclasses.replace(self.state, attached=False)

        self.growth.work = leave
        self.extend()
        self.assertEqual(2 * GIB, self.size())

    def test_guest_that_is_shut_off_is_not_needed(self):
        self.guests.close()
        self.extend()
        self.assertEqual([], self.growth.asked)
        self.assertEqual((2 * GIB, 2 * GIB), (self.state.size, self.size()))

    def test_open_volume_without_a_server_is_refused(self):
        self.state = dataclasses.replace(self.state, servers=())
        self.assert_failed('attached to no server')
        self.assertIsNone(self.state.extension)

    def test_merge_that_may_go_on_is_not_disturbed(self):
        intent = Intent(Operation.DELETE, 'a', removes=builders.VOLUME)
        with self.assertRaises(Interrupted), journal.kept(self.layout, intent, self.maker):
            raise Interrupted
        self.assert_failed('deletion of snapshot a was interrupted')
        self.assertEqual([], self.growth.asked)

    def test_service_that_dies_before_nova_is_asked(self):
        self.die_in(self.growth, 'volume_extended')
        with self.assertRaises(Interrupted):
            self.extend()
        self.assertEqual(2 * GIB, self.growth.shown)
        self.assertEqual(GIB, self.size())
        self.assertEqual(GIB, self.growth.shown)
        self.detach()
        self.size()
        self.assertIsNone(self.state.extension)

    def test_service_that_dies_after_the_guest_has_seen_the_new_size(self):
        self.growth.work = self.resize
        self.die_in(self.growth, 'forget')
        with self.assertRaises(Interrupted):
            self.extend()
        self.detach()
        self.assertEqual(2 * GIB, self.size())
        self.assertEqual((2 * GIB, GIB), (self.state.size, self.growth.charged))

    def test_what_goes_wrong_after_nova_was_asked_says_so(self):
        def vanish(size):
            self.guests.close()
            self.layout.path(self.file).unlink()

        self.growth.work = vanish
        self.assert_failed('what followed went wrong: Could not read')
        self.assertEqual(Extension(GIB, 2 * GIB), self.state.extension)

    def test_snapshot_of_a_volume_with_an_uncertain_end_has_the_old_size(self):
        self.assert_failed('has not grown')
        overlay = self.layout.overlay('b')
        self.nova.work = functools.partial(self.attach, overlay)
        self.take('b')
        self.resize(2 * GIB)
        self.assertEqual(2 * GIB, self.size())
        self.assertEqual(2 * GIB, self.state.size)


class DetachedTest(ExtendingCase):
    def test_note_of_an_attached_past_is_dropped_with_the_old_size(self):
        self.state = dataclasses.replace(self.state, extension=Extension(GIB, 2 * GIB))
        self.size()
        self.assertIsNone(self.state.extension)

    def test_what_a_guest_has_written_beyond_is_not_taken_back_by_another_extension(self):
        extension = Extension(GIB, 2 * GIB)
        self.extending.extend(self.state, 2 * GIB, None)
        write(self.layout.path(self.file), Format.QCOW2, GIB >> 16, 7)
        self.state = dataclasses.replace(self.state, extension=extension)
        self.die_in(volumes.durable, 'sync_file')
        with self.assertRaises(Interrupted):
            self.extend(3)
        self.assertEqual(3 * GIB, self.size())
        self.assertEqual(3 * GIB, self.state.size)
        self.assertTrue(reads(self.layout.path(self.file), Format.QCOW2, GIB >> 16, 7))

    def test_share_without_room(self):
        self.opener.mounted.measure = lambda export: (1000 * GIB, 0)
        self.assert_failed('has no room .* is full')

    def test_revert_gives_the_size_that_a_guest_has_seen(self):
        self.extending.extend(self.state, 2 * GIB, None)
        self.state = dataclasses.replace(self.state, size=GIB, extension=Extension(GIB, 2 * GIB))
        self.revert_rows.ask('a')
        self.reverts.revert('v', 'a')
        self.assertEqual(2 * GIB, self.state.size)
        self.assertEqual(2 * GIB, self.size())
