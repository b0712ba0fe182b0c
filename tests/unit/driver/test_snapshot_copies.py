# SPDX-License-Identifier: Apache-2.0
"""Snapshots of encrypted volumes: taken, copied, gone back to, deleted, with any data in them."""

import dataclasses
import os
import stat

from driver import durable, exceptions, journal, qemu_img, snapshot_copies
from driver.adopting_snapshots import SnapshotAdoptions
from driver.backend import Target
from driver.layout import Format
from driver.revert import Reverts
from tests.unit.driver import builders
from tests.unit.driver.snapshots_case import Interrupted
from tests.unit.driver.test_clones import CLONE, OTHER
from tests.unit.driver.test_encrypted import SIZE, EncryptedCase
from tests.unit.driver.test_locks import opened_by_qemu

OLD, NEW = b'old', b'new'

#: Where a guest writes, beyond any header.
PLACE = 5 << 20


class CopyCase(EncryptedCase):
    """A volume with old data, of which a snapshot ``a`` is taken."""

    def setUp(self):
        super().setUp()
        self.volume = self.layout.path(builders.VOLUME)
        self.copy = self.layout.path(self.layout.copy('a'))
        self.maker.make(self.volume)
        os.truncate(self.volume, SIZE)
        self.write(OLD)

    def use(self, **changes):
        super().use(**changes)
        self.reverts = Reverts(self.opener, self.revert_rows)

    def write(self, data):
        with self.volume.open('r+b') as file:
            file.seek(PLACE)
            file.write(data)

    def assert_data(self, data, path):
        with path.open('rb') as file:
            file.seek(PLACE)
            self.assertEqual(data, file.read(len(data)))

    def take_and_write(self):
        self.take('a')
        self.write(NEW)

    def revert(self):
        self.revert_rows.ask('a')
        self.reverts.revert('v', 'a')
        self.revert_rows.end('v', 'available')

    def assert_files(self, *names):
        self.assertEqual(sorted([builders.VOLUME, *names]), self.names())


class TakenTest(CopyCase):
    def test_is_a_copy_of_the_file_and_the_volume_goes_on_with_its_own(self):
        self.take_and_write()
        self.assert_data(OLD, self.copy)
        self.assert_data(NEW, self.volume)
        self.assert_files(self.copy.name)
        self.assertEqual(self.maker.mode, stat.S_IMODE(self.copy.stat().st_mode))
        self.assertEqual((Format.RAW, Format.RAW), self.rows.formats)
        self.assertEqual(builders.VOLUME, self.active())

    def test_takes_room_for_what_was_written_only_unless_the_options_say_so(self):
        for sparse in (True, False):
            self.use(sparse=sparse)
            self.take('a')
            self.assertEqual(SIZE, self.copy.stat().st_size)
            self.assertEqual(sparse, self.copy.stat().st_blocks * 512 < SIZE)
            self.remove('a')

    def test_volume_that_somebody_writes_to(self):
        with (
            opened_by_qemu(self.volume),
            self.assertRaisesRegex(exceptions.FileInUse, builders.VOLUME),
        ):
            self.take('a')
        self.backend.connection(self.state)
        self.assert_files()

    def test_attached_volume_is_refused_and_nova_is_not_asked(self):
        self.attach(builders.VOLUME)
        with self.assertRaisesRegex(exceptions.Unsupported, 'in the clear'):
            self.take('a')
        self.assert_files()
        self.assertEqual([], self.nova.requests)

    def test_service_that_dies_before_the_copy_is_whole(self):
        self.die_in(qemu_img, 'convert')
        with self.assertRaises(Interrupted):
            self.take('a')
        self.take('b')
        self.assertEqual({'a': False}, self.rows.settled)
        self.assert_files(self.layout.copy('b'))

    def test_service_that_dies_once_the_copy_is_whole(self):
        self.die_in(journal, 'clear')
        with self.assertRaises(Interrupted):
            self.take('a')
        self.backend.connection(self.state)
        self.assertEqual({'a': True}, self.rows.settled)
        self.assert_files(self.copy.name)
        self.assert_data(OLD, self.copy)

    def test_what_a_death_leaves_of_a_copy_is_settled_with_the_volume(self):
        self.die_in(journal, 'clear')
        with self.assertRaises(Interrupted):
            self.take('a')
        self.copy.rename(self.layout.path(self.layout.temporary(self.copy.name)))
        self.backend.connection(self.state)
        self.assertEqual({'a': False}, self.rows.settled)
        self.assert_files()


class DeletedTest(CopyCase):
    def test_goes_by_itself_while_a_guest_writes_to_the_volume(self):
        self.take_and_write()
        self.attach(builders.VOLUME)
        self.remove('a')
        self.assert_files()
        self.assertEqual([], self.nova.requests)

    def test_one_that_was_never_taken_and_one_of_a_volume_that_is_gone(self):
        self.remove('a')
        self.assert_files()
        self.take('a')
        self.volume.unlink()
        self.remove('a')
        self.assertEqual([], self.names())

    def test_one_that_is_being_read(self):
        self.take('a')
        with opened_by_qemu(self.copy), self.assertRaises(exceptions.FileInUse):
            self.remove('a')
        self.assert_files(self.copy.name)

    def test_is_not_left_to_whoever_would_manage_it(self):
        self.take('a')
        with self.assertRaisesRegex(exceptions.Unsupported, 'delete it'):
            SnapshotAdoptions(self.opener, None).release(self.state, 'a')


class OtherFilesTest(CopyCase):
    """An encrypted volume that had overlays before this driver came to it."""

    def setUp(self):
        super().setUp()
        self.state = dataclasses.replace(self.state, encrypted=False)
        self.take('old')
        self.state = dataclasses.replace(self.state, encrypted=True)

    def test_no_copy_is_taken_of_an_overlay(self):
        before = self.names()
        with self.assertRaisesRegex(exceptions.Unsupported, 'not one raw file'):
            self.take('a')
        self.assertEqual(before, self.names())

    def test_snapshot_in_the_record_is_deleted_as_any(self):
        self.remove('old')
        self.assertNotIn(self.layout.overlay('old'), self.names())
        self.assert_data(OLD, self.volume)


class RestoredTest(CopyCase):
    def restore(self):
        self.state = dataclasses.replace(self.state, status='restoring-backup')
        return self.backend.connection(self.state)

    def test_backup_that_would_take_the_key_from_snapshots_is_refused(self):
        self.take_and_write()
        with self.assertRaisesRegex(exceptions.Unsupported, self.copy.name):
            self.restore()
        self.assert_files(self.copy.name)

    def test_backup_is_restored_to_a_volume_without_any(self):
        self.assertEqual(self.layout.restored, self.restore()['name'])


class UsedTest(CopyCase):
    def test_volume_of_it_has_its_data_and_a_size_of_its_own(self):
        self.take_and_write()
        target = Target('c', OTHER, CLONE, 2 * SIZE, encrypted=True)
        self.backend.create_from_snapshot(target, self.state, 'a')
        self.assert_data(OLD, self.target.path(CLONE))
        self.assertEqual(2 * SIZE, self.target.path(CLONE).stat().st_size)

    def test_volume_of_one_that_is_gone(self):
        target = Target('c', OTHER, CLONE, SIZE, encrypted=True)
        with self.assertRaisesRegex(exceptions.StateError, str(self.copy)):
            self.backend.create_from_snapshot(target, self.state, 'a')
        self.assertEqual([], self.files_of_clone())

    def test_revert_brings_its_data_back_each_time_at_the_size_of_now(self):
        self.take('a')
        for size in (SIZE, 2 * SIZE):
            self.write(NEW)
            self.state = dataclasses.replace(self.state, size=size)
            self.revert()
            self.assert_data(OLD, self.volume)
            self.assertEqual(size, self.volume.stat().st_size)
            self.assert_files(self.copy.name)

    def test_revert_to_one_that_is_gone_changes_nothing(self):
        self.take_and_write()
        self.copy.unlink()
        with self.assertRaisesRegex(exceptions.StateError, 'Nothing was changed'):
            self.revert()
        self.assert_data(NEW, self.volume)

    def test_revert_of_a_volume_that_somebody_has_open(self):
        self.take_and_write()
        with opened_by_qemu(self.volume), self.assertRaises(exceptions.FileInUse):
            self.revert()
        self.assert_data(NEW, self.volume)
        self.assert_files(self.copy.name)

    def test_revert_that_a_death_ends_has_the_old_data_or_the_new(self):
        self.take_and_write()
        for place in ((qemu_img, 'convert'), (durable, 'publish')):
            self.die_in(*place)
            with self.assertRaises(Interrupted):
                self.revert()
            self.assert_data(NEW, self.volume)
        self.reverts.settle('v')
        self.assertEqual('available', self.state.status)
        self.assert_data(OLD, self.volume)


class NameTest(CopyCase):
    def test_of_a_copy_is_that_of_one_snapshot_and_of_no_image(self):
        self.assertTrue(self.layout.is_copy(self.copy.name))
        self.assertFalse(self.layout.owns(self.copy.name))
        for name in ('', builders.VOLUME, f'{builders.VOLUME}.copy', self.layout.overlay('copy')):
            self.assertFalse(self.layout.is_copy(name), name)
        self.assertFalse(self.layout.is_copy(f'{builders.VOLUME}.a.b.copy'))
        self.assertFalse(self.layout.is_copy('other.a.copy'))

    def test_tells_whether_it_is_taken(self):
        self.assertFalse(snapshot_copies.is_taken(self.layout, 'a'))
        self.take('a')
        self.assertTrue(snapshot_copies.is_taken(self.layout, 'a'))
