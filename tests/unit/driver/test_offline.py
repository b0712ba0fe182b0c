# SPDX-License-Identifier: Apache-2.0
"""Volume files and offline snapshots with a real qemu-img."""

import os
import pathlib
import subprocess
import tempfile
import unittest
from unittest import mock

from driver import access, chain, exceptions, offline, reading, records, volumes
from driver.layout import Format
from driver.records import Record
from tests.unit.driver import builders
from tests.unit.driver.test_locks import opened_by_qemu


def write(path, image_format, block, value):
    """Write one 64 KiB block."""
    command = f'write -q -P {value} {block * 65536} 65536'
    subprocess.run(['qemu-io', '-f', image_format.value, '-c', command, str(path)], check=True)


def reads(path, image_format, block, value):
    """Tell whether a block, with all that backs the image, has one value throughout."""
    command = f'read -q -P {value} {block * 65536} 65536'
    ended = subprocess.run(
        ['qemu-io', '-r', '-f', image_format.value, '-c', command, str(path)],
        capture_output=True,
        check=False,
    )
    other = b'Pattern verification failed' in ended.stdout
    if ended.returncode and not other:
        raise AssertionError(f'{path} can not be read: {ended.stdout!r} {ended.stderr!r}')
    return not other


class VolumeCase(unittest.TestCase):
    """A volume in a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.layout = builders.layout(folder.name)
        self.maker = access.FileMaker(access.SECURE_MODE)

    def create(self, image_format=Format.RAW, sparse=True, size=builders.GIB):
        volumes.create(self.layout, image_format, size, sparse, self.maker)

    def opened(self, base_format=Format.RAW, largest=builders.GIB):
        record = records.load(self.layout)
        active_format = base_format if record.active == builders.VOLUME else Format.QCOW2
        found = reading.read_chain(self.layout, record.active, active_format, largest)
        chain.check(self.layout, record, found)
        return record, found

    def snapshot(self, snapshot_id, base_format=Format.RAW):
        offline.create(self.layout, *self.opened(base_format), snapshot_id, self.maker)

    def names(self):
        return sorted(os.listdir(self.layout.folder))


class VolumesTest(VolumeCase):
    def test_new_volume_of_each_kind_has_size_and_mode(self):
        for image_format, sparse in (
            (Format.RAW, True),
            (Format.RAW, False),
            (Format.QCOW2, True),
        ):
            with self.subTest(f'{image_format.value} {sparse}'):
                size = 8 << 20
                self.create(image_format, sparse, size)
                path = self.layout.path(builders.VOLUME)
                _, found = self.opened(image_format)
                self.assertEqual(size, found.active.virtual_size)
                self.assertEqual(access.SECURE_MODE, builders.mode_of(path))
                if not sparse:
                    self.assertGreaterEqual(path.stat().st_blocks * 512, size)
                volumes.delete(self.layout, records.load(self.layout))
                self.assertEqual([], self.names())

    def test_header_written_by_a_guest_into_a_raw_volume_is_data(self):
        self.create()
        with self.layout.path(builders.VOLUME).open('r+b') as file:
            file.write(builders.header(backing='/etc/shadow'))
        self.assertIsNone(self.opened()[1].active.backing)

    def test_size_grown_from_inside_the_guest_is_refused(self):
        self.create(Format.QCOW2)
        with self.assertRaisesRegex(exceptions.ImageError, 'guest may have written'):
            self.opened(Format.QCOW2, largest=builders.GIB - 1)

    def test_vanished_file_is_named(self):
        self.create()
        self.snapshot('a')
        self.layout.path(builders.VOLUME).unlink()
        with self.assertRaisesRegex(exceptions.ChainError, builders.VOLUME):
            self.opened()

    def test_file_of_which_nothing_can_be_told_is_not_taken_for_gone(self):
        self.assertFalse(reading.exists(self.layout, builders.VOLUME))
        self.layout.path('file').touch()
        below = builders.layout(self.layout.path('file'))
        with self.assertRaisesRegex(exceptions.ShareError, 'Could not look for .*Not a directory'):
            reading.exists(below, builders.VOLUME)

    def test_symlink_on_the_share_is_not_followed(self):
        self.layout.path(builders.VOLUME).symlink_to('/etc/passwd')
        with self.assertRaises(exceptions.ChainError):
            self.opened()

    def test_volume_with_snapshots_is_not_deleted(self):
        self.create()
        self.snapshot('a')
        with self.assertRaisesRegex(exceptions.StateError, 'delete them first'):
            volumes.delete(self.layout, records.load(self.layout))
        self.assertIn(builders.VOLUME, self.names())

    def test_copy_of_a_snapshot_into_a_larger_volume(self):
        for source_format in Format:
            for target_format in Format:
                with self.subTest(f'{source_format.value} to {target_format.value}'):
                    self.create(source_format)
                    write(self.layout.path(builders.VOLUME), source_format, 3, 7)
                    target = builders.layout(self.layout.folder)
                    target = type(target)(self.layout.folder, 'volume-copy')
                    volumes.copy(
                        self.layout.path(builders.VOLUME), source_format, target, target_format,
                        2 * builders.GIB, True, self.maker, held=False,
                    )  # fmt: skip
                    path = target.path('volume-copy')
                    self.assertTrue(reads(path, target_format, 3, 7))
                    self.assertTrue(reads(path, target_format, 2 * 16384 - 1, 0))
                    self.assertEqual(access.SECURE_MODE, builders.mode_of(path))
                    self.assertLess(path.stat().st_blocks * 512, 64 << 20)
                    for place in (target, self.layout):
                        volumes.delete(place, records.load(place))

    def test_failed_copy_leaves_nothing(self):
        with self.assertRaises(exceptions.CommandError):
            volumes.copy(
                pathlib.Path(self.layout.folder, 'missing'), Format.RAW, self.layout, Format.RAW,
                builders.GIB, True, self.maker, held=False,
            )  # fmt: skip
        self.assertEqual([], self.names())

    def test_growing(self):
        for image_format in Format:
            for with_snapshot in (False, True):
                with self.subTest(f'{image_format.value} {with_snapshot}'):
                    self.create(image_format)
                    if with_snapshot:
                        self.snapshot('a', image_format)
                    _, found = self.opened(image_format)
                    volumes.grow(self.layout, found.active, 2 * builders.GIB, sparse=True)
                    record, found = self.opened(image_format, 2 * builders.GIB)
                    self.assertEqual(2 * builders.GIB, found.active.virtual_size)
                    if with_snapshot:
                        plan = chain.plan_offline_merge(record, found, 'a')
                        offline.merge(self.layout, plan, self.maker)
                        _, found = self.opened(image_format, 2 * builders.GIB)
                        self.assertEqual(2 * builders.GIB, found.active.virtual_size)
                    volumes.delete(self.layout, records.load(self.layout))

    def test_thick_volume_that_finds_no_room_keeps_its_size(self):
        self.create(sparse=False, size=1 << 20)
        _, found = self.opened()
        with self.assertRaisesRegex(exceptions.ShareError, 'Make room'):
            volumes.grow(self.layout, found.active, 1 << 60, sparse=False)
        self.assertEqual(1 << 20, self.layout.path(builders.VOLUME).stat().st_size)
        volumes.grow(self.layout, found.active, 1 << 20, sparse=False)

    def test_whether_an_overlay_holds_data(self):
        self.create()
        self.snapshot('a')
        overlay = self.layout.overlay('a')
        self.assertFalse(reading.holds_data(self.layout, overlay))
        write(self.layout.path(overlay), Format.QCOW2, 16383, 1)
        self.assertTrue(reading.holds_data(self.layout, overlay))

    def test_open_volume_does_not_grow(self):
        self.create()
        path = self.layout.path(builders.VOLUME)
        _, found = self.opened()
        with opened_by_qemu(path), self.assertRaises(exceptions.FileInUse):
            volumes.grow(self.layout, found.active, 2 * builders.GIB, sparse=True)
        self.assertEqual(builders.GIB, path.stat().st_size)


class OfflineTest(VolumeCase):
    def test_snapshots_deleted_in_every_order_keep_the_data_of_the_others(self):
        for base_format in Format:
            for order in ('bca', 'abc', 'cba'):
                with self.subTest(f'{base_format.value} {order}'):
                    self.create(base_format)
                    for value, snapshot_id in enumerate('abc', start=1):
                        record, found = self.opened(base_format)
                        write(self.layout.path(record.active), found.active.format, value, value)
                        self.snapshot(snapshot_id, base_format)
                    remaining = set('abc')
                    for snapshot_id in order:
                        record, found = self.opened(base_format)
                        plan = chain.plan_offline_merge(record, found, snapshot_id)
                        offline.merge(self.layout, plan, self.maker)
                        remaining.remove(snapshot_id)
                        self.check_data(remaining, base_format)
                    self.assertEqual([builders.VOLUME, self.layout.record], self.names())
                    volumes.delete(self.layout, records.load(self.layout))

    def check_data(self, remaining, base_format):
        record, found = self.opened(base_format)
        for snapshot_id in remaining:
            image = chain.snapshot_image(record, found, snapshot_id)
            written = 'abc'.index(snapshot_id) + 1
            for value in (1, 2, 3):
                expected = value if value <= written else 0
                path = self.layout.path(image.name)
                self.assertTrue(reads(path, image.format, value, expected))

    def test_snapshot_of_an_open_volume_is_refused(self):
        self.create()
        base = self.layout.path(builders.VOLUME)
        with opened_by_qemu(base), self.assertRaises(exceptions.FileInUse):
            self.snapshot('a')
        self.assertEqual([builders.VOLUME], self.names())

    def merge(self, snapshot_id, base_format=Format.RAW, largest=builders.GIB):
        plan = chain.plan_offline_merge(*self.opened(base_format, largest), snapshot_id)
        offline.merge(self.layout, plan, self.maker)

    def test_newest_that_was_not_written_to_is_taken_and_deleted_without_a_process(self):
        self.create()
        with mock.patch('subprocess.Popen', wraps=subprocess.Popen) as started:
            self.snapshot('a')
            self.merge('a')
            started.assert_not_called()

    def test_newest_that_was_written_to_is_deleted_by_one_process(self):
        self.create()
        self.snapshot('a')
        write(self.layout.path(self.layout.overlay('a')), Format.QCOW2, 1, 1)
        with mock.patch('subprocess.Popen', wraps=subprocess.Popen) as started:
            self.merge('a')
            started.assert_called_once()
        self.assertTrue(reads(self.layout.path(builders.VOLUME), Format.RAW, 1, 1))

    def test_data_stays_where_nothing_was_written_between_snapshots(self):
        for base_format in Format:
            for order in ('ab', 'ba'):
                with self.subTest(f'{base_format.value} {order}'):
                    self.create(base_format)
                    write(self.layout.path(builders.VOLUME), base_format, 1, 1)
                    self.snapshot('a', base_format)
                    self.snapshot('b', base_format)
                    write(self.layout.path(self.layout.overlay('b')), Format.QCOW2, 2, 2)
                    for snapshot_id in order:
                        self.merge(snapshot_id, base_format)
                        record, found = self.opened(base_format)
                        for value in (1, 2):
                            active = self.layout.path(record.active)
                            self.assertTrue(reads(active, found.active.format, value, value))
                    self.assertEqual([builders.VOLUME, self.layout.record], self.names())
                    volumes.delete(self.layout, records.load(self.layout))

    def test_zeros_that_were_written_over_data_are_data(self):
        self.create()
        write(self.layout.path(builders.VOLUME), Format.RAW, 1, 1)
        self.snapshot('a')
        overlay = self.layout.path(self.layout.overlay('a'))
        command = ['qemu-io', '-f', 'qcow2', '-c', 'write -q -z 65536 65536', str(overlay)]
        subprocess.run(command, check=True)
        self.merge('a')
        self.assertTrue(reads(self.layout.path(builders.VOLUME), Format.RAW, 1, 0))

    def test_volume_that_has_only_grown_since_keeps_its_size(self):
        for base_format in Format:
            with self.subTest(base_format.value):
                self.create(base_format)
                self.snapshot('a', base_format)
                larger = 2 * builders.GIB
                volumes.grow(self.layout, self.opened(base_format)[1].active, larger, sparse=True)
                self.merge('a', base_format, larger)
                found = self.opened(base_format, larger)[1]
                self.assertEqual(
                    (builders.VOLUME, larger), (found.active.name, found.active.virtual_size)
                )
                volumes.delete(self.layout, records.load(self.layout))

    def test_merge_of_files_that_somebody_has_open_is_refused(self):
        self.create()
        for snapshot_id in 'ab':
            self.snapshot(snapshot_id)
        record, found = self.opened()
        plan = chain.plan_offline_merge(record, found, 'a')
        for name in found.names:
            image_format = found.find(name).format.value
            held = opened_by_qemu(self.layout.path(name), '-r', image_format=image_format)
            with self.subTest(name), held, self.assertRaisesRegex(exceptions.FileInUse, name):
                offline.merge(self.layout, plan, self.maker)
        self.assertEqual(record, records.load(self.layout))

    def test_failed_merge_keeps_record_and_files_and_can_be_repeated(self):
        self.create()
        self.snapshot('a')
        record, found = self.opened()
        plan = chain.plan_offline_merge(record, found, 'a')
        overlay = self.layout.path(plan.overlay)
        write(overlay, Format.QCOW2, 1, 1)
        whole = overlay.read_bytes()
        table = int.from_bytes(whole[40:48], 'big')
        overlay.write_bytes(whole[:table] + b'\x7f' * 8 + whole[table + 8 :])
        with self.assertRaisesRegex(exceptions.CommandError, 'commit'):
            offline.merge(self.layout, plan, self.maker)
        overlay.write_bytes(whole)
        self.assertEqual(record, records.load(self.layout))
        self.assertTrue(self.layout.path(plan.overlay).exists())
        offline.merge(self.layout, plan, self.maker)
        self.assertEqual(Record(builders.VOLUME, {}), records.load(self.layout))
        self.assertTrue(reads(self.layout.path(builders.VOLUME), Format.RAW, 1, 1))
