# SPDX-License-Identifier: Apache-2.0
"""What on a share can become a volume, and what is refused and left as it was."""

import os

from driver import exceptions, journal, qcow2
from driver.journal import Intent, Operation
from driver.layout import Format
from tests.unit.driver import builders
from tests.unit.driver.adoption_case import AdoptionCase
from tests.unit.driver.snapshots_case import Interrupted
from tests.unit.driver.test_locks import opened_by_qemu


class CandidateTest(AdoptionCase):
    def examine(self, name, **more):
        return self.adoptions.candidates.examine({'source-name': name, **more})

    def test_size_is_rounded_up(self):
        for size, gib in ((1, 1), (builders.GIB, 1), (builders.GIB + 1, 2)):
            self.place('disk', size=size)
            self.assertEqual(gib, self.examine('disk').gib)

    def test_raw_file_whose_format_nobody_states(self):
        self.place('disk')
        self.assertIs(Format.RAW, self.examine('disk').chain.active.format)

    def test_file_that_begins_like_qcow2_has_to_be_stated(self):
        self.place('disk', builders.header(size=3 * builders.GIB))
        self.refuse('disk', exceptions.InvalidReference, 'begins like a qcow2 image')
        self.assertEqual(3, self.examine('disk', format='qcow2').gib)
        self.assertEqual(1, self.examine('disk', format='raw').gib)

    def test_hostile_headers(self):
        for fault, data in (
            ('no file of', builders.header(backing='/etc/passwd')),
            ('no file of', builders.header(backing='volume-other')),
            ('comes back', builders.header(backing='disk.qcow2', backing_format='qcow2')),
            ('external file', builders.header(incompatible=1 << 2)),
            ('no qcow2 header', b'#!/bin/sh'),
            ('encrypted', builders.header(crypt=1)),
        ):
            with self.subTest(fault):
                self.place('disk.qcow2', data, 1 << 20)
                self.refuse('disk.qcow2', exceptions.DriverError, fault)

    def test_overlay_without_a_record(self):
        self.place('disk.qcow2', builders.header(backing='disk.qcow2.s'), 1 << 20)
        self.place('disk.qcow2.s')
        self.refuse('disk.qcow2', exceptions.ChainError, 'Record and files .* disagree')

    def test_what_is_no_regular_file_or_has_a_second_name(self):
        outside = self.place('other').rename(self.layout.folder.parent / 'outside-the-share')
        self.addCleanup(outside.unlink)
        self.layout.path('disk').symlink_to(outside)
        self.refuse('disk', exceptions.ChainError, 'a symbolic link lies where')
        self.layout.path('disk').unlink()
        self.layout.path('disk').mkdir()
        self.refuse('disk', exceptions.ChainError, 'a folder lies where')
        self.layout.path('disk').rmdir()
        os.mkfifo(self.layout.path('disk'))
        self.refuse('disk', exceptions.ChainError, 'a pipe lies where')
        self.layout.path('disk').unlink()
        self.layout.path('disk').hardlink_to(self.place('second'))
        self.refuse('disk', exceptions.InvalidReference, 'second name')

    def test_what_is_not_there_or_empty(self):
        self.refuse('disk', exceptions.InvalidReference, 'not on host:/share')
        self.place('disk', size=0)
        self.refuse('disk', exceptions.InvalidReference, 'is empty')

    def test_file_that_a_guest_uses(self):
        with opened_by_qemu(self.place('disk')):
            self.refuse('disk', exceptions.FileInUse, 'open in a QEMU process')

    def test_volume_that_is_managed(self):
        self.manage(builders.VOLUME)
        self.refuse(builders.VOLUME, exceptions.InvalidReference, 'is volume other already')

    def test_volume_with_snapshots(self):
        self.take('a', 'b')
        found = self.examine(builders.VOLUME)
        self.assertEqual((3, True), (len(found.chain.images), found.in_place))

    def test_volume_whose_record_tells_another_story_than_its_files(self):
        self.take('a', 'b')
        record = self.layout.path(self.layout.record)
        record.write_text(record.read_text().replace('"a"', '"active"'))
        self.refuse(builders.VOLUME, exceptions.RecordError, 'key twice')
        record.write_text(f'{{"active": "{self.layout.overlay("b")}"}}')
        self.refuse(builders.VOLUME, exceptions.ChainError, 'disagree')
        record.write_text(f'{{"active": "{builders.VOLUME}"}}')
        self.layout.path(builders.VOLUME).unlink()
        self.refuse(builders.VOLUME, exceptions.ChainError, 'No such file')

    def test_volume_of_which_an_operation_was_interrupted(self):
        self.take('a')
        with (
            self.assertRaises(Interrupted),
            journal.kept(self.layout, Intent(Operation.DELETE, 'a'), self.maker),
        ):
            raise Interrupted
        self.refuse(builders.VOLUME, exceptions.InvalidReference, 'has a journal')

    def test_record_of_what_is_called_like_no_volume(self):
        self.place('disk')
        self.layout.path('disk.info').write_text('{"active": "disk"}')
        self.refuse('disk', exceptions.InvalidReference, 'no name that Cinder gives')

    def test_header_that_is_read_as_raw_is_not_parsed(self):
        self.place('disk', qcow2.MAGIC)
        self.assertEqual(1, self.examine('disk', format='raw').gib)

    def refuse(self, name, error, said):
        before = self.state_of_the_share()
        with self.assertRaisesRegex(error, said):
            self.adopt(name)
        self.assertEqual(before, self.state_of_the_share())

    def state_of_the_share(self):
        found = {each.name: each.lstat() for each in self.layout.folder.iterdir()}
        return {name: (each.st_mode, each.st_size, each.st_ino) for name, each in found.items()}
