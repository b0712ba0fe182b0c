# SPDX-License-Identifier: Apache-2.0
"""Reverts of a volume to its newest snapshot: on real files, refused, interrupted, and settled."""

import contextlib
import dataclasses
import os

from driver import durable, empty_overlay, exceptions, journal, qemu_img, replacing
from driver.journal import Intent, Operation
from driver.layout import Format
from tests.unit.driver import builders
from tests.unit.driver.snapshots_case import Interrupted, SnapshotsCase
from tests.unit.driver.test_locks import opened_by_qemu
from tests.unit.driver.test_offline import reads, write


class RevertCase(SnapshotsCase):
    """A volume that is reverted as by Cinder."""

    def revert(self, snapshot_id):
        """Do what Cinder's API and volume manager do."""
        self.revert_rows.ask(snapshot_id)
        try:
            self.reverts.revert('v', snapshot_id)
        except Exception:
            self.revert_rows.end('v', 'error')
            raise
        self.revert_rows.end('v', 'available')

    def write(self, number):
        """Write a block that no other write touches to the active file."""
        name = self.active()
        form = self.state.base_format if name == builders.VOLUME else Format.QCOW2
        write(self.layout.path(name), form, number, number)

    def written(self):
        """Return which of these blocks the active file has."""
        path = self.layout.path(self.active())
        return [number for number in range(1, 9) if reads(path, Format.QCOW2, number, number)]


class RevertTest(RevertCase):
    def setUp(self):
        super().setUp()
        self.write(1)
        self.take('a')
        self.write(2)

    def test_what_was_written_since_the_snapshot_is_gone_each_time(self):
        for number in (3, 4):
            self.write(number)
            self.revert('a')
            self.assertEqual([1], self.written())
            self.assert_clean(self.layout.overlay('a'))
        self.write(5)
        self.remove('a')
        self.assertTrue(reads(self.layout.path(builders.VOLUME), Format.RAW, 5, 5))
        self.assert_clean()

    def test_older_snapshots_keep_their_data(self):
        self.take('b')
        self.write(3)
        self.revert('b')
        self.assertEqual([1, 2], self.written())
        self.remove('b')
        self.revert('a')
        self.assertEqual([1], self.written())

    def test_overlay_has_mode_and_size_and_is_as_good_as_new(self):
        self.state = dataclasses.replace(self.state, size=2 * builders.GIB)
        self.revert('a')
        active = self.opener.open(self.state).chain.active
        self.assertEqual(2 * builders.GIB, active.virtual_size)
        self.assertEqual(self.maker.mode, builders.mode_of(self.layout.path(active.name)))
        self.assertTrue(reads(self.layout.path(active.name), Format.QCOW2, 3 << 13, 0))

    def test_overlay_that_was_made_for_a_newer_snapshot(self):
        self.take('b')
        # What a guest's pull leaves when b is deleted online.
        write(self.layout.path(self.layout.overlay('b')), Format.QCOW2, 2, 2)
        qemu_img.rebase(self.layout.path(self.layout.overlay('b')), builders.VOLUME, Format.RAW)
        self.layout.path(self.layout.overlay('a')).unlink()
        record = f'{{"active": "{self.layout.overlay("b")}", "a": "{self.layout.overlay("b")}"}}'
        self.layout.path(self.layout.record).write_text(record)
        self.revert('a')
        self.assertEqual([1], self.written())
        self.assert_clean(self.layout.overlay('b'))

    def test_snapshot_that_is_not_the_newest(self):
        self.take('b')
        self.assert_refused('a', exceptions.StateError, 'newer snapshot lies above')

    def test_snapshot_that_is_not_in_the_record(self):
        self.assert_refused('x', exceptions.ChainError, 'Snapshot x is recorded with .* None')

    def test_snapshot_whose_deletion_has_begun(self):
        intent = Intent(Operation.DELETE, 'a', removes=self.layout.overlay('a'))
        with self.assertRaises(Interrupted), journal.kept(self.layout, intent, self.maker):
            raise Interrupted
        self.assert_refused('a', exceptions.StateError, 'deletion of snapshot a has begun')

    def test_deletion_of_an_older_snapshot_that_has_begun_can_be_finished_after(self):
        self.take('b')
        self.write(3)
        self.die_in(durable, 'sync_file')
        with self.assertRaises(Interrupted):
            self.remove('a')
        self.revert('b')
        self.assertEqual([1, 2], self.written())
        self.remove('a')
        self.assertEqual([1, 2], self.written())
        self.assert_clean(self.layout.overlay('b'))

    def test_volume_that_somebody_has_open(self):
        guest = opened_by_qemu(self.layout.path(self.layout.overlay('a')), image_format='qcow2')
        self.assert_refused('a', exceptions.FileInUse, 'is open in a QEMU process', guest)

    def test_attached_volume(self):
        self.state = dataclasses.replace(self.state, attached=True)
        self.assert_refused('a', exceptions.StateError, 'is attached')

    def test_request_of_which_an_earlier_service_was_told_too(self):
        self.revert_rows.ask('a')
        self.revert_rows.end('v', 'available')
        with self.assertRaisesRegex(exceptions.StateError, 'is available: only a detached one'):
            self.reverts.revert('v', 'a')
        self.assertEqual([1, 2], self.written())

    def test_full_share(self):
        def full(*args):
            raise exceptions.ShareError('no room')

        self.addCleanup(setattr, empty_overlay, 'write', empty_overlay.write)
        empty_overlay.write = full
        self.assert_refused('a', exceptions.ShareError, 'no room')

    def test_error_that_cinder_would_take_for_a_driver_without_reverts(self):
        def wrong(*args):
            raise AttributeError('no such thing')

        self.addCleanup(setattr, replacing, 'replace_overlay', replacing.replace_overlay)
        replacing.replace_overlay = wrong
        self.assert_refused('a', exceptions.StateError, 'no such thing')

    def test_snapshots_of_a_volume_whose_revert_has_failed_can_be_deleted(self):
        self.take('b')
        with self.assertRaises(exceptions.StateError):
            self.revert('a')
        self.assertEqual('error', self.state.status)
        self.remove('b')
        self.remove('a')
        self.assert_clean()

    def test_who_opens_the_old_overlay_at_the_last_moment_finds_it_empty(self):
        with self.layout.path(self.layout.overlay('a')).open('rb') as late:
            self.revert('a')
            self.assertEqual(0, os.fstat(late.fileno()).st_size)

    def test_overlay_is_not_open_under_its_name_when_it_is_replaced(self):
        """Or an NFS client would move it out of the way first."""
        opened = self.watch_publication()
        self.revert('a')
        overlay = str(self.layout.path(self.layout.overlay('a')))
        self.assertIn(f'{overlay}.replaced.tmp', opened, 'claimed')
        self.assertNotIn(overlay, opened)

    def assert_refused(self, snapshot_id, error, said, meanwhile=None):
        before = self.names()
        with meanwhile or contextlib.nullcontext(), self.assertRaisesRegex(error, said):
            self.revert(snapshot_id)
        self.assertEqual(before, self.names())
        self.assertEqual([1, 2], self.written())


class SettleTest(RevertCase):
    def setUp(self):
        super().setUp()
        self.write(1)
        self.take('a')
        self.write(2)

    def die(self, module, name):
        self.die_in(module, name)
        self.revert_rows.ask('a')
        with self.assertRaises(Interrupted):
            self.reverts.revert('v', 'a')

    def test_revert_is_finished_wherever_it_was_interrupted(self):
        for module, name in (
            (empty_overlay, 'write'),
            (durable, 'publish'),
            (durable, 'truncate'),
        ):
            with self.subTest(name):
                self.die(module, name)
                self.reverts.settle('v')
                self.assertEqual('available', self.state.status)
                self.assertEqual([1], self.written())
                self.assert_clean(self.layout.overlay('a'))
                self.write(2)

    def test_revert_that_can_not_be_finished_fails(self):
        self.revert_rows.ask('a')
        with (
            opened_by_qemu(self.layout.path(self.layout.overlay('a')), image_format='qcow2'),
            self.assertLogs('driver.revert', 'ERROR') as logged,
        ):
            self.reverts.settle('v')
        self.assertIn('is open in a QEMU process', logged.output[0])
        self.assertEqual('error', self.state.status)
        self.assertIsNone(self.revert_rows.snapshot)

    def test_request_that_was_refused_for_its_snapshot_changes_nothing(self):
        self.revert_rows.ask(None)
        self.reverts.settle('v')
        self.assertEqual('available', self.state.status)
        self.assertEqual([1, 2], self.written())

    def test_snapshot_that_was_not_told_of_the_end(self):
        self.revert_rows.snapshot = 'a'
        self.reverts.settle('v')
        self.assertIsNone(self.revert_rows.snapshot)
        self.assertEqual([1, 2], self.written())
