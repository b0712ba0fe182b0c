# SPDX-License-Identifier: Apache-2.0
"""Volumes copied from volumes, detached and attached, and the temporary snapshot that goes."""

import dataclasses
import os
import pathlib
import subprocess
import tempfile

from driver import access, exceptions, online, qemu_img, records
from driver.backend import Backend, Target
from driver.layout import Format, Layout
from driver.opening import Opener
from driver.restoring import Restorations
from driver.snapshots import Snapshots
from nova_assist import client
from tests.unit.driver import builders
from tests.unit.driver.snapshots_case import DELETED, Folder, SnapshotsCase
from tests.unit.driver.test_locks import opened_by_qemu
from tests.unit.driver.test_offline import reads, write
from tests.unit.driver.test_online import DONE
from tests.unit.driver.test_shares import settings

CLONE = 'volume-c10e'
OTHER = 'other:/share'


class Folders(Folder):
    """Two shares: the volume's, and another one."""

    def __init__(self, path, other):
        super().__init__(path)
        self.other = other

    def folder(self, export):
        return pathlib.Path(self.other if export == OTHER else self.path)


class CloneCase(SnapshotsCase):
    def setUp(self):
        super().setUp()
        other = tempfile.TemporaryDirectory()
        self.addCleanup(other.cleanup)
        self.shares = Folders(self.layout.folder, other.name)
        self.target = Layout(pathlib.Path(other.name), CLONE)
        self.use(qcow2=False)

    def use(self, **changes):
        """Work with other options."""
        options = settings(self.layout.folder, **changes)
        self.opener = Opener(options, self.shares, self.maker, self.rows, self.growth)
        self.backend = Backend(self.opener, Restorations(self.opener, self.backups))
        self.snapshots = Snapshots(self.opener)

    def clone(self, size=builders.GIB):
        self.backend.clone(Target('c', OTHER, CLONE, size), self.state)

    def files_of_clone(self):
        return sorted(os.listdir(self.target.folder))


class DetachedCloneTest(CloneCase):
    def make_source(self, image_format):
        self.layout.path(builders.VOLUME).unlink()
        self.create(image_format)
        write(self.layout.path(builders.VOLUME), image_format, 1, 1)
        self.state = dataclasses.replace(
            self.state, active_format=image_format, base_format=image_format
        )

    def test_each_format_from_each_on_another_share_with_its_mode_and_a_larger_size(self):
        for source in Format:
            for qcow2, target in ((False, Format.RAW), (True, Format.QCOW2)):
                with self.subTest(f'{source.value} to {target.value}'):
                    self.make_source(source)
                    self.use(qcow2=qcow2)
                    self.clone(2 * builders.GIB)
                    self.assertEqual([CLONE], self.files_of_clone())
                    path = self.target.path(CLONE)
                    self.assertTrue(reads(path, target, 1, 1))
                    self.assertTrue(reads(path, target, (builders.GIB >> 16) + 1, 0))
                    self.assertEqual(access.SECURE_MODE, builders.mode_of(path))
                    self.assertLess(path.stat().st_blocks * 512, 64 << 20)
                    self.assertEqual((target, target), self.rows.formats)

    def test_source_with_snapshots_is_copied_from_its_active_file_down(self):
        write(self.layout.path(builders.VOLUME), Format.RAW, 1, 1)
        self.take('a')
        write(self.layout.path(self.active()), Format.QCOW2, 2, 2)
        before = self.names()
        self.clone()
        for block, value in ((1, 1), (2, 2)):
            self.assertTrue(reads(self.target.path(CLONE), Format.RAW, block, value))
        self.assertEqual(before, self.names())

    def test_snapshots_need_not_be_supported(self):
        self.use(snapshots=False)
        self.clone()
        self.assertEqual([CLONE], self.files_of_clone())

    def test_source_that_somebody_has_open_is_refused(self):
        self.take('a')
        for name, options in ((self.active(), ['-r']), (builders.VOLUME, [])):
            image_format = 'raw' if name == builders.VOLUME else 'qcow2'
            busy = opened_by_qemu(self.layout.path(name), *options, image_format=image_format)
            with self.subTest(name), busy:
                with self.assertRaisesRegex(exceptions.FileInUse, 'Nothing was copied'):
                    self.clone()
                self.assertEqual([], self.files_of_clone())

    def test_source_can_not_be_written_while_it_is_copied(self):
        copied = qemu_img.convert
        opened = []

        def convert(*args, **options):
            command = ['qemu-io', '-f', 'raw', '-c', 'length', str(args[0])]
            opened.append(subprocess.run(command, capture_output=True).returncode == 0)
            copied(*args, **options)

        qemu_img.convert = convert
        self.addCleanup(setattr, qemu_img, 'convert', copied)
        self.clone()
        self.assertEqual([False], opened)


class AttachedCloneTest(CloneCase):
    def setUp(self):
        super().setUp()
        write(self.layout.path(builders.VOLUME), Format.RAW, 1, 1)
        self.attach(builders.VOLUME)
        self.overlay = self.layout.overlay('t')
        self.nova.work = self.do_as_asked

    def do_as_asked(self):
        """Switch the guest to the new overlay, or pull into that."""
        if isinstance(self.nova.requests[-1], client.CreateRequest):
            self.guest_opens(self.overlay)
            self.nova.report = DONE
        else:
            self.guests.close()
            path = str(self.layout.path(self.overlay))
            subprocess.run(['qemu-img', 'rebase', '-f', 'qcow2', '-b', '', path], check=True)
            self.guest_opens(self.overlay)
            self.nova.report = DELETED

    def clone(self, size=builders.GIB):
        with self.snapshots.temporary(self.state, 'c', 'clone it', None) as snapshot_id:
            self.assertEqual('available', self.rows.temporary[snapshot_id])
            target = Target('c', OTHER, CLONE, size)
            self.backend.create_from_snapshot(target, self.state, snapshot_id)

    def refuse_deletion(self):
        if isinstance(self.nova.requests[-1], client.DeleteRequest):
            raise client.Refused('not now', 409)
        self.do_as_asked()

    def test_snapshot_is_there_for_the_copy_only(self):
        self.clone()
        self.assertTrue(reads(self.target.path(CLONE), Format.RAW, 1, 1))
        self.assertEqual({}, self.rows.temporary)
        self.assertEqual(sorted([self.overlay, self.layout.record]), self.names())
        self.assertEqual({}, records.load(self.layout).overlays)

    def test_failed_copy_takes_the_snapshot_along_and_tells_its_own_error(self):
        with self.assertRaisesRegex(exceptions.CommandError, 'smaller'):
            self.clone(builders.GIB // 2)
        self.assertEqual({}, self.rows.temporary)
        self.assertEqual({}, records.load(self.layout).overlays)
        self.assertEqual([], self.files_of_clone())

    def test_snapshot_that_stays_is_logged_and_can_be_deleted_later(self):
        self.nova.work = self.refuse_deletion
        with self.assertLogs('driver.snapshots', 'ERROR') as logged:
            self.clone()
        self.assertIn('Temporary snapshot t of volume v', logged.output[0])
        self.assertEqual([CLONE], self.files_of_clone())
        self.assertEqual({'t': 'error'}, self.rows.temporary)
        self.nova.work = self.do_as_asked
        self.nova.status = client.Status('deleting', '0%')
        self.remove('t')
        self.assertEqual({}, records.load(self.layout).overlays)

    def test_error_of_the_copy_is_told_even_if_the_snapshot_stays(self):
        self.nova.work = self.refuse_deletion
        copy = self.assertRaisesRegex(exceptions.CommandError, 'smaller')
        with self.assertLogs('driver.snapshots', 'ERROR'), copy:
            self.clone(builders.GIB // 2)
        self.assertEqual({'t': 'error'}, self.rows.temporary)

    def test_guest_that_does_not_switch_leaves_nothing(self):
        self.nova.work = None
        with self.assertRaises(online.NotTaken):
            self.clone()
        self.assertEqual({}, self.rows.temporary)
        self.assertEqual([builders.VOLUME], self.names())

    def test_guest_that_is_gone_after_the_copy(self):
        with self.snapshots.temporary(self.state, 'c', 'clone it', None):
            self.detach()
        self.assertEqual({}, self.rows.temporary)
        self.assert_clean()
        self.assertTrue(reads(self.layout.path(builders.VOLUME), Format.RAW, 1, 1))

    def test_guest_that_is_being_detached_when_the_copy_has_ended(self):
        states = ['detaching', 'detaching', 'available']
        with self.snapshots.temporary(self.state, 'c', 'clone it', None):
            self.detach()
            settled = self.state
            self.rows.volume_state = lambda _: dataclasses.replace(
                settled, status=states.pop(0) if states else 'available'
            )
        self.assertEqual({}, self.rows.temporary)
        self.assertEqual([], states)

    def test_volume_that_is_to_grow_once_it_is_copied(self):
        with self.snapshots.temporary(self.state, 'c', 'clone it', None):
            self.state = dataclasses.replace(self.state, status='extending')
        self.assertEqual({}, self.rows.temporary)
        self.assertEqual({}, records.load(self.layout).overlays)

    def test_volume_that_another_guest_is_to_have_once_it_is_copied(self):
        with self.snapshots.temporary(self.state, 'c', 'clone it', None):
            self.detach()
            self.state = dataclasses.replace(self.state, status='reserved')
        self.assertEqual({}, self.rows.temporary)
        self.assert_clean()

    def test_backend_without_snapshots_refuses_and_makes_none(self):
        self.use(snapshots=False)
        with self.assertRaisesRegex(exceptions.Unsupported, 'nfs_snapshot_support'):
            self.clone()
        self.assertEqual({}, self.rows.temporary)
        self.assertEqual([], self.nova.requests)
