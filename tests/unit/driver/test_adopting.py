# SPDX-License-Identifier: Apache-2.0
"""Files and volumes that Cinder comes to manage, forgets, or is interrupted at managing."""

import contextlib
import dataclasses
import os
import unittest

from driver import durable, exceptions, files, journal, qemu_img, reading
from driver.journal import Intent, Operation
from driver.layout import Format
from driver.probe import Owner
from tests.unit.driver import builders
from tests.unit.driver.adoption_case import NEW, AdoptionCase
from tests.unit.driver.snapshots_case import Interrupted
from tests.unit.driver.test_locks import opened_by_qemu
from tests.unit.driver.test_offline import reads, write


@contextlib.contextmanager
def free(volume_id):
    yield True


@contextlib.contextmanager
def taken(volume_id):
    yield False


class AdoptTest(AdoptionCase):
    def test_file_gets_the_name_and_the_size_of_a_volume(self):
        self.place('disk', b'data', builders.GIB + 1)
        self.assertEqual('host:/share', self.adopt('disk'))
        path = self.layout.path(NEW)
        self.assertEqual(b'data', files.read(path, 4))
        self.assertEqual(2 * builders.GIB, path.stat().st_size)
        self.assertEqual((Format.RAW, Format.RAW), self.rows.formats)
        self.assertEqual(sorted([builders.VOLUME, NEW]), self.names())
        self.assertEqual('host:/share/disk', self.adoption_rows.came_from)

    def test_qcow2_file_is_grown_too(self):
        qemu_img.create(self.place('disk.qcow2', size=0), builders.GIB + (1 << 20))
        self.adopt('disk.qcow2')
        self.assertEqual((Format.QCOW2, Format.QCOW2), self.rows.formats)
        self.assertEqual(2 * builders.GIB, reading.read_header(self.new, NEW).virtual_size)

    def test_mode_is_made_right(self):
        self.place('disk').chmod(0o600)
        self.adopt('disk')
        self.assertEqual(self.maker.mode, builders.mode_of(self.layout.path(NEW)))

    @unittest.skipUnless(os.geteuid() == 0, 'only root can give files away')
    def test_owner_and_group_are_made_right_where_that_is_allowed(self):
        os.chown(self.place('disk'), 1, 1)
        self.adopt('disk')
        wanted = Owner.of(self.layout.path(builders.VOLUME).lstat())
        self.assertEqual(wanted, Owner.of(self.layout.path(NEW).lstat()))

    @unittest.skipIf(os.geteuid() == 0, 'root may give files away')
    def test_owner_who_can_not_be_changed(self):
        wanted = Owner(os.geteuid() + 1, os.getegid(), self.maker.mode)
        self.opener.mounted.owner = lambda share: wanted
        self.place('disk')
        with self.assertRaisesRegex(exceptions.ShareError, 'Do it on the server, as root'):
            self.adopt('disk')
        self.assertIn('disk', self.names())

    def test_volume_with_snapshots_keeps_its_name(self):
        self.take('a', 'b')
        before = self.names()
        self.adopt(builders.VOLUME)
        self.assertEqual(before, self.names())
        self.assertEqual('0f0e0d0c', self.adoption_rows.taken)
        self.assertIsNone(self.adoption_rows.came_from)
        self.assertEqual((Format.QCOW2, Format.RAW), self.rows.formats)


class GiveBackTest(AdoptionCase):
    def setUp(self):
        super().setUp()
        write(self.place('disk'), Format.RAW, 1, 1)
        self.state = dataclasses.replace(self.state, name=NEW)

    def assert_given_back(self):
        self.assertEqual(sorted([builders.VOLUME, 'disk']), self.names())
        self.assertTrue(reads(self.layout.path('disk'), Format.RAW, 1, 1))
        self.assertIsNone(self.adoption_rows.came_from)

    def test_adoption_is_undone_wherever_it_was_interrupted(self):
        for place in (
            (self.adoption_rows, 'note'),
            (durable, 'publish'),
            (self.rows, 'save_formats'),
        ):
            with self.subTest(place[1]):
                self.die_in(*place)
                with self.assertRaises(Interrupted):
                    self.adopt('disk')
                self.adoption_rows.status = 'managing'
                self.adoptions.settle('host', None, free)
                self.assertEqual('error_managing', self.adoption_rows.status)
                self.assert_given_back()

    def test_adoption_of_which_cinder_did_not_hear_the_end(self):
        self.adopt('disk')
        self.adoptions.settle('host', None, free)
        self.assert_given_back()

    def test_deletion_of_what_could_not_be_managed(self):
        self.adopt('disk')
        for _ in range(2):
            self.adoptions.give_back('v', NEW)
            self.assert_given_back()

    def test_what_has_come_in_the_meantime_keeps_its_name(self):
        self.adopt('disk')
        self.place('disk', b'other')
        with self.assertRaisesRegex(exceptions.StateError, 'Rename either'):
            self.adoptions.give_back('v', NEW)
        with self.assertLogs('driver.settling', 'ERROR'):
            self.adoptions.settle('host', None, free)
        self.assertEqual('managing', self.adoption_rows.status)
        self.assertEqual(b'other', files.read(self.layout.path('disk'), 5))

    def test_volume_that_has_come_to_be_used_is_not_renamed(self):
        self.adopt('disk')
        self.new.path(self.new.record).write_text('{}')
        self.adoptions.give_back('v', NEW)
        self.assertIn(NEW, self.names())

    def test_volume_in_its_place_is_left_there(self):
        self.state = dataclasses.replace(self.state, name=builders.VOLUME)
        self.take('a')
        before = self.names()
        self.adopt(builders.VOLUME)
        self.adoptions.give_back('v', builders.VOLUME)
        self.assertEqual(before, self.names())
        self.assertIsNone(self.adoption_rows.taken)

    def test_volume_that_was_being_unmanaged_is_managed(self):
        self.adopt('disk')
        self.adoption_rows.status = 'unmanaging'
        self.adoptions.settle('host', None, free)
        self.assertEqual('available', self.adoption_rows.status)
        self.assertIn(NEW, self.names())

    def test_volume_that_somebody_is_at_work_on(self):
        self.adopt('disk')
        self.adoptions.settle('host', None, taken)
        self.assertEqual('managing', self.adoption_rows.status)
        self.assertIn(NEW, self.names())


class ReleaseTest(AdoptionCase):
    def test_volume_that_is_left_can_be_managed_again(self):
        self.take('a')
        before = self.names()
        self.adoptions.release(self.state)
        self.assertEqual(before, self.names())
        self.adopt(builders.VOLUME)

    def test_deletion_that_has_to_be_finished_first(self):
        self.take('a')
        with (
            self.assertRaises(Interrupted),
            journal.kept(self.layout, Intent(Operation.DELETE, 'a'), self.maker),
        ):
            raise Interrupted
        with self.assertRaisesRegex(exceptions.StateError, 'Delete that snapshot again'):
            self.adoptions.release(self.state)

    def test_volume_that_somebody_has_open(self):
        with (
            opened_by_qemu(self.layout.path(builders.VOLUME)),
            self.assertRaisesRegex(exceptions.FileInUse, 'still managed'),
        ):
            self.adoptions.release(self.state)
