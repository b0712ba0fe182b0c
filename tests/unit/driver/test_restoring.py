# SPDX-License-Identifier: Apache-2.0
"""Backups restored to volumes of all kinds, and what is left of a restoration that never ended."""

import contextlib
import dataclasses

from driver import access, durable, exceptions, wrapping
from driver.backend import Backend, Target
from driver.layout import Format
from driver.opening import Opener
from driver.restoring import Restorations
from driver.settling import Look
from driver.snapshots import Snapshots
from driver.startup import Startup
from tests.unit.driver import builders
from tests.unit.driver.snapshots_case import Folder, Interrupted, SnapshotsCase
from tests.unit.driver.test_locks import opened_by_qemu
from tests.unit.driver.test_offline import reads, write
from tests.unit.driver.test_shares import settings
from tests.unit.driver.test_startup import Database

BLOCK = 65536
OLD, NEW = 1, 2


class RestoringCase(SnapshotsCase):
    def use(self, **changes):
        """Work with other options."""
        options = settings(self.layout.folder, **changes)
        self.opener = Opener(
            options, Folder(self.layout.folder), self.maker, self.rows, self.growth
        )
        self.backend = Backend(self.opener, Restorations(self.opener, self.backups))
        self.snapshots = Snapshots(self.opener)

    def make(self, image_format, *snapshot_ids):
        """Make the volume anew: old data at block 1, with snapshots taken after that."""
        for name in self.names():
            self.layout.path(name).unlink()
        self.create(image_format)
        self.state = dataclasses.replace(
            self.state, status='available', active_format=image_format, base_format=image_format
        )
        write(self.layout.path(builders.VOLUME), image_format, 1, OLD)
        self.take(*snapshot_ids)

    def begin(self, status='restoring-backup'):
        """Have cinder-backup led to a file; returns its path."""
        self.backups.restoring = True
        self.state = dataclasses.replace(self.state, status=status)
        told = self.backend.connection(self.state)
        self.assertEqual('raw', told['format'])
        return self.layout.path(told['name'])

    def give_up(self):
        """Do what cinder-backup does at its start, or where it fails."""
        self.backups.restoring = False
        self.state = dataclasses.replace(self.state, status='error_restoring')

    def write_backup(self, status='restoring-backup'):
        """Do what cinder-backup does: empty the file, write what isn't zero."""
        path = self.begin(status)
        with path.open('wb') as file:
            file.seek(3 * BLOCK)
            file.write(bytes([NEW]) * BLOCK)
        return path

    def restore(self):
        self.write_backup()
        self.backend.restorations.end(self.state)
        self.state = dataclasses.replace(self.state, status='available')

    def image(self):
        """Return the path and format of the active file."""
        told = self.backend.connection(dataclasses.replace(self.state, status='available'))
        return self.layout.path(told['name']), Format(told['format'])

    def assert_reads(self, **blocks):
        """See that block 1 and block 3 hold what is said, and the volume its size."""
        path, form = self.image()
        for block, value in blocks.items():
            self.assertTrue(reads(path, form, int(block[1:]), value), (block, value))
        self.assertEqual(self.state.size, self.opener.open(self.state).chain.active.virtual_size)


class RestoringTest(RestoringCase):
    def test_volume_of_each_format_with_snapshots_and_without(self):
        for form in Format:
            for snapshot_ids in ((), ('a',), ('a', 'b')):
                with self.subTest(f'{form.value} {snapshot_ids}'):
                    self.make(form, *snapshot_ids)
                    before = self.names()
                    self.restore()
                    self.assert_reads(b1=0, b3=NEW)
                    self.assertEqual(before, self.names())
                    path, _ = self.image()
                    self.assertEqual(access.SECURE_MODE, builders.mode_of(path))
                    self.assertLess(path.stat().st_blocks * 512, 64 << 20)
                    for snapshot_id in snapshot_ids:
                        self.remove(snapshot_id)
                        self.assert_reads(b1=0, b3=NEW)

    def test_snapshot_keeps_its_data(self):
        self.make(Format.RAW, 'a')
        self.restore()
        target = Target('c', 'host:/share', 'volume-c', builders.GIB)
        self.backend.create_from_snapshot(target, self.state, 'a')
        self.assertTrue(reads(self.layout.path('volume-c'), Format.RAW, 1, OLD))
        self.assertTrue(reads(self.layout.path('volume-c'), Format.RAW, 3, 0))

    def test_volume_is_as_it_was_until_all_is_written(self):
        for form in Format:
            with self.subTest(form.value):
                self.make(form)
                self.write_backup()
                self.state = dataclasses.replace(self.state, status='error_restoring')
                self.assert_reads(b1=OLD, b3=0)
                self.assertEqual([builders.VOLUME], self.names())

    def test_thick_volume_stays_thick(self):
        self.use(sparse=False)
        self.state = dataclasses.replace(self.state, size=64 << 20)
        for name in self.names():
            self.layout.path(name).unlink()
        target = Target('v', 'host:/share', builders.VOLUME, self.state.size)
        self.backend.create_volume(target, None)
        self.restore()
        self.assert_reads(b1=0, b3=NEW)
        size = self.layout.path(builders.VOLUME).stat()
        self.assertGreaterEqual(size.st_blocks * 512, 64 << 20)

    def test_service_that_dies_anywhere_leaves_the_old_data_or_the_new(self):
        renamed = ((durable, 'publish'),)
        wrapped = ((wrapping, 'wrap'), *renamed)
        volumes = ((Format.RAW, (), renamed), (Format.QCOW2, (), wrapped))
        for form, snapshot_ids, deaths in (*volumes, (Format.RAW, ('a',), wrapped)):
            for module, name in deaths:
                with self.subTest(f'{name} {form.value} {snapshot_ids}'):
                    self.make(form, *snapshot_ids)
                    self.die_in(module, name)
                    with self.assertRaises(Interrupted):
                        self.restore()
                    old = reads(*self.image(), 1, OLD)
                    self.assert_reads(**({'b1': OLD, 'b3': 0} if old else {'b1': 0, 'b3': NEW}))
                    self.restore()
                    self.assert_reads(b1=0, b3=NEW)

    def test_file_is_not_open_under_its_name_when_it_is_replaced(self):
        """Or an NFS client would move it out of the way first."""
        for form, snapshot_ids in ((Format.RAW, ()), (Format.RAW, ('a',))):
            with self.subTest(snapshot_ids):
                self.make(form, *snapshot_ids)
                opened = self.watch_publication()
                self.restore()
                path, _ = self.image()
                self.assertIn(f'{path}.replaced.tmp', opened, 'claimed')
                self.assertNotIn(str(path), opened)

    def test_file_that_could_not_be_opened_leaves_the_volume_as_it_is(self):
        self.make(Format.RAW)
        self.begin()
        self.backend.restorations.end(self.state)
        self.assert_reads(b1=OLD, b3=0)
        self.assertEqual([builders.VOLUME], self.names())

    def test_file_that_is_gone_is_no_success(self):
        self.make(Format.RAW)
        self.write_backup().unlink()
        with self.assertRaisesRegex(exceptions.StateError, 'restore the backup again'):
            self.backend.restorations.end(self.state)
        self.assert_reads(b1=OLD, b3=0)

    def test_backup_that_is_larger_than_the_volume_is_refused(self):
        self.make(Format.QCOW2)
        self.write_backup()
        with self.layout.path(self.layout.restored).open('r+b') as file:
            file.truncate(2 * builders.GIB)
        with self.assertRaisesRegex(exceptions.StateError, 'more than'):
            self.backend.restorations.end(self.state)
        self.assert_reads(b1=OLD, b3=0)

    def test_volume_that_somebody_has_open_is_refused(self):
        for form in Format:
            with self.subTest(form.value):
                self.make(form)
                self.write_backup()
                path = self.layout.path(builders.VOLUME)
                with (
                    opened_by_qemu(path, image_format=form.value),
                    self.assertRaises(exceptions.FileInUse),
                ):
                    self.backend.restorations.end(self.state)
                self.assert_reads(b1=OLD, b3=0)

    def test_attached_volume_is_refused(self):
        self.make(Format.RAW)
        self.state = dataclasses.replace(self.state, attached=True)
        with self.assertRaisesRegex(exceptions.StateError, 'detach it'):
            self.begin()
        self.assertEqual([builders.VOLUME], self.names())

    def test_backup_of_the_other_kind_is_refused_before_anything_is_written(self):
        self.make(Format.RAW)
        for encrypted in (True, False):
            self.state = dataclasses.replace(self.state, encrypted=encrypted)
            for backup in (True, False):
                self.backups.encrypted = backup
                with self.subTest(f'{encrypted}, {backup}'):
                    if backup == encrypted:
                        self.begin()
                        continue
                    with self.assertRaisesRegex(exceptions.Unsupported, 'Nothing was changed'):
                        self.begin()
                    self.assertEqual([builders.VOLUME], self.names())

    def test_volume_that_can_not_be_opened_is_refused_before_anything_is_written(self):
        self.make(Format.RAW)
        self.layout.path(self.layout.record).write_text('{')
        with self.assertRaises(exceptions.RecordError):
            self.begin()
        self.assertEqual(sorted([builders.VOLUME, self.layout.record]), self.names())


class LeftoverTest(RestoringCase):
    def setUp(self):
        super().setUp()
        self.make(Format.RAW)
        self.write_backup()
        mine = ('node@nfs', None, lambda _: contextlib.nullcontext(True))
        self.startup = Startup(self.backend, self.reverts, Database(self), *mine)

    def start(self):
        self.startup.settle(Look(lambda _: True, self.startup.try_lock))

    def assert_left(self, left):
        self.assertEqual(left, self.layout.restored in self.names())

    def test_restoration_under_way_survives_a_start_and_the_sweep(self):
        self.start()
        self.startup.sweep()
        self.backend.restorations.end(self.state)
        self.assert_reads(b1=0, b3=NEW)

    def test_volume_that_is_made_of_a_backup_gets_its_data_though_cinder_has_given_it_up(self):
        """As if it was being created when cinder-volume died: cinder-backup goes on."""
        self.state = dataclasses.replace(self.state, status='creating')
        self.start()
        self.state = dataclasses.replace(self.state, status='error')
        self.startup.sweep()
        self.assert_left(True)
        self.assertTrue(self.backend.restorations.is_awaited('v', 'error', attached=False))
        self.backend.restorations.end(self.state)
        self.assertFalse(self.backend.restorations.is_awaited('v', 'error', attached=True))
        self.backups.restoring = False
        self.assertFalse(self.backend.restorations.is_awaited('v', 'error', attached=False))
        self.assert_reads(b1=0, b3=NEW)

    def test_volume_that_was_given_up_before_anything_was_written_is_restored(self):
        self.make(Format.RAW)
        path = self.begin('error')
        self.assertEqual(self.layout.restored, path.name)

    def test_volume_that_was_made_of_a_backup_fails_if_cinder_backup_dies(self):
        self.state = dataclasses.replace(self.state, status='creating')
        self.backups.restoring = False
        with self.assertLogs('driver.restoring', 'WARNING') as logged:
            self.startup.sweep()
        self.assertIn('delete it, and create it again', logged.output[0])
        self.assertEqual('error', self.state.status)
        self.assert_left(False)

    def test_what_an_earlier_service_has_begun_goes_once_it_has_ended(self):
        self.backend.restorations.begun.clear()
        self.start()
        self.give_up()
        self.startup.sweep()
        self.assert_left(False)

    def test_what_is_left_goes_at_the_next_start(self):
        self.give_up()
        self.start()
        self.assert_left(False)

    def test_what_is_left_goes_while_the_service_runs(self):
        self.give_up()
        self.startup.sweep()
        self.assert_left(False)

    def test_attempt_that_fails_at_its_start_does_not_take_in_what_an_earlier_one_left(self):
        self.layout.path(self.layout.record).write_text('{')
        with self.assertRaises(exceptions.RecordError):
            self.begin()
        self.layout.path(self.layout.record).unlink()
        with self.assertRaisesRegex(exceptions.StateError, 'is gone'):
            self.backend.restorations.end(self.state)
        self.assert_reads(b1=OLD, b3=0)

    def test_sweep_asks_for_no_volume_that_was_deleted_meanwhile(self):
        self.layout.path(self.layout.restored).unlink()
        self.rows.volume_state = lambda _: self.fail('asked for')
        self.startup.sweep()
        self.assertEqual({}, self.backend.restorations.begun)

    def test_sweep_leaves_what_others_prepare(self):
        self.layout.path(f'{builders.VOLUME}.tmp').touch()
        self.startup.sweep()
        self.assertIn(f'{builders.VOLUME}.tmp', self.names())

    def test_what_is_left_goes_before_a_guest_can_have_it_taken_in(self):
        self.assert_left(True)
        self.image()
        self.assert_left(False)

    def test_what_is_left_goes_with_the_volume(self):
        second = self.layout.path(self.layout.replaced(builders.VOLUME))
        durable.link(self.layout.path(builders.VOLUME), second)
        self.backend.delete_volume('host:/share', builders.VOLUME)
        self.assertEqual([], self.names())
