# SPDX-License-Identifier: Apache-2.0
"""A driver that dies in an operation, then again while it settles that, loses nothing.

Every pair of deaths is tried: before the n-th effect of the operation, and before the m-th effect
of the service's start that follows, on real files with a real qemu-img. Cinder's database is stood
in for, which makes a pair take a fifth of a second; the deaths of a whole Cinder are in
``tests/crash/everything.py``. ``NOVA_ASSIST_PAIRS=N`` tries every N-th pair only.
"""

import contextlib
import dataclasses
import itertools
import os
import pathlib
import shutil
import sys
import tempfile
import traceback

from driver import exceptions, offline, qemu_img, records, snapshot_copies, volumes
from driver.layout import Format
from driver.settling import Look
from driver.startup import Startup
from nova_assist.faults import effects
from tests.unit.driver import builders
from tests.unit.driver.snapshots_case import SnapshotsCase
from tests.unit.driver.test_offline import reads, write
from tests.unit.driver.test_startup import Database

_SIZE = 1 << 20
_DIED, _FAILED = 9, 3


def dies(act, folder, limit):
    """Do something in a process of its own that ends before its n-th effect on a folder.

    Returns whether it came to that.
    """
    pid = os.fork()
    if not pid:
        _act_and_exit(act, str(folder), limit)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code not in (0, _DIED):
        raise AssertionError(f'the operation failed before effect {limit}: see its traceback')
    return code == _DIED


def _act_and_exit(act, folder, limit):
    count = 0

    def watch(event, arguments):
        nonlocal count
        if effects.describe(event, arguments, folder, hidden=True):
            count += 1
            if count == limit:
                os._exit(_DIED)

    try:
        sys.addaudithook(watch)
        act()
    except BaseException:
        traceback.print_exc()
        os._exit(_FAILED)
    os._exit(0)


class TwiceTest(SnapshotsCase):
    def setUp(self):
        super().setUp()
        self.state = dataclasses.replace(self.state, size=_SIZE)
        self.database = Database(self)
        self.every = int(os.environ.get('NOVA_ASSIST_PAIRS', '1'))
        self.tried = 0

    def create(self, image_format=Format.RAW, sparse=True, size=_SIZE):
        super().create(image_format, sparse, size)

    def start(self):
        free = contextlib.nullcontext(True)
        mine = ('node@nfs', None, lambda volume_id: free)
        with self.assertNoLogs('driver.startup', 'ERROR'):  # what it says of what it can't settle
            startup = Startup(self.backend, self.reverts, self.database, *mine)
            startup.settle(Look(lambda _: True, startup.try_lock))

    def prepare(self, image_format, snapshot_ids):
        """Make a volume with a block written before each snapshot and after the last."""
        for path in self.layout.folder.iterdir():
            path.unlink()
        self.create(image_format)
        self.state = dataclasses.replace(
            self.state, base_format=image_format, active_format=image_format
        )
        for number, snapshot_id in enumerate(snapshot_ids, 1):
            self.write_active(number)
            self.take(snapshot_id)
        self.write_active(len(snapshot_ids) + 1)
        self.written = len(snapshot_ids) + 1
        kept = tempfile.TemporaryDirectory()
        self.addCleanup(kept.cleanup)
        self.kept = pathlib.Path(kept.name, 'kept')
        shutil.copytree(self.layout.folder, self.kept)

    def restore(self):
        for path in self.layout.folder.iterdir():
            path.unlink()
        shutil.copytree(self.kept, self.layout.folder, dirs_exist_ok=True)

    def write_active(self, number):
        name = self.active()
        form = self.state.base_format if name == builders.VOLUME else Format.QCOW2
        write(self.layout.path(name), form, number, number)

    def assert_whole(self, *snapshot_ids):
        """See that the active file has all data, and that there are no files but what it needs."""
        found = self.opener.open(self.state)
        self.assertIsNone(found.pending)
        self.assertEqual(set(snapshot_ids), set(found.record.overlays))
        active = found.chain.active
        for number in range(1, self.written + 1):
            self.assertTrue(reads(self.layout.path(active.name), active.format, number, number))
        for snapshot_id, number in ((s, n) for n, s in enumerate('abc', 1) if s in snapshot_ids):
            lower = found.chain.find(found.record.overlays[snapshot_id]).backing
            image = found.chain.find(lower)
            self.assertTrue(reads(self.layout.path(lower), image.format, number, number))
            later = number + 1
            self.assertFalse(reads(self.layout.path(lower), image.format, later, later))
        expected = {*found.chain.names, *([self.layout.record] if self.has_record() else [])}
        self.assertEqual(expected, set(self.names()))

    def has_record(self):
        return self.layout.path(self.layout.record).exists()

    def each_pair(self, act):
        """Yield each pair of deaths; the state is what the second one has left."""
        for first in itertools.count(1):
            for second in itertools.count(1):
                if (first + second) % self.every:
                    continue
                self.restore()
                if not dies(act, self.layout.folder, first):
                    return
                came_to_it = dies(self.start, self.layout.folder, second)
                self.tried += 1
                yield f'deaths {first} and {second}'
                if not came_to_it:
                    break

    def test_creation(self):
        for image_format in Format:
            self.prepare(image_format, 'a')
            for pair in self.each_pair(lambda: self.take('b')):
                with self.subTest(pair):
                    self.start()
                    taken = 'b' in self.opener.open(self.state).record.overlays
                    self.assert_whole('a', *(['b'] if taken else []))
                    self.remove('b')
                    self.take('b')
                    self.assert_whole('a', 'b')
        self.tell()

    def test_deletion(self):
        for image_format in Format:
            for snapshot_ids, deleted in (('a', 'a'), ('abc', 'a'), ('abc', 'b'), ('abc', 'c')):
                self.prepare(image_format, snapshot_ids)
                left = [each for each in snapshot_ids if each != deleted]
                for pair in self.each_pair(lambda deleted=deleted: self.remove(deleted)):
                    with self.subTest(f'{image_format.value} {snapshot_ids} {deleted} {pair}'):
                        self.start()
                        self.remove(deleted)
                        self.assert_whole(*left)
                        self.take('d')
                        self.remove('d')
                        self.assert_whole(*left)
        self.tell()

    def test_revert(self):
        for image_format in Format:
            self.prepare(image_format, 'ab')
            self.written = 2
            self.revert_rows.ask('b')
            for pair in self.each_pair(lambda: self.reverts.revert('v', 'b')):
                with self.subTest(pair):
                    self.revert_rows.ask('b')
                    self.start()
                    self.assertEqual('available', self.state.status)
                    self.assert_whole('a', 'b')
                    overlay = self.layout.path(self.layout.overlay('b'))
                    self.assertFalse(reads(overlay, Format.QCOW2, 3, 3))
                    self.revert_rows.ask('b')
            self.revert_rows.end('v', 'available')
        self.tell()

    def prepare_encrypted(self, *snapshot_ids):
        """Make a volume whose snapshots are copies, each with a block less than what follows."""
        self.prepare(Format.RAW, '')
        self.state = dataclasses.replace(self.state, encrypted=True)
        for number, snapshot_id in enumerate(snapshot_ids, 2):
            self.take(snapshot_id)
            self.write_active(number)
        shutil.rmtree(self.kept)
        shutil.copytree(self.layout.folder, self.kept)

    def assert_copies(self, written, copies):
        """See that volume and copies have so many blocks, and that there are no other files."""
        self.assertIsNone(self.opener.open(self.state).pending)
        expected = {builders.VOLUME: written}
        expected |= {self.layout.copy(each): number for each, number in copies.items()}
        self.assertEqual(set(expected), set(self.names()))
        for name, last in expected.items():
            for number in range(1, 4):
                holds = reads(self.layout.path(name), Format.RAW, number, number)
                self.assertEqual(number <= last, holds, f'block {number} of {name}')

    def test_creation_of_a_copy(self):
        self.prepare_encrypted('a')
        for pair in self.each_pair(lambda: self.take('b')):
            with self.subTest(pair):
                self.start()
                taken = snapshot_copies.is_taken(self.layout, 'b')
                self.assert_copies(2, {'a': 1, **({'b': 2} if taken else {})})
                self.remove('b')
                self.take('b')
                self.assert_copies(2, {'a': 1, 'b': 2})
        self.tell()

    def test_deletion_of_a_copy(self):
        self.prepare_encrypted('a', 'b')
        for pair in self.each_pair(lambda: self.remove('a')):
            with self.subTest(pair):
                self.start()
                self.remove('a')
                self.assert_copies(3, {'b': 2})
        self.tell()

    def test_revert_to_a_copy(self):
        self.prepare_encrypted('a', 'b')
        self.revert_rows.ask('b')
        for pair in self.each_pair(lambda: self.reverts.revert('v', 'b')):
            with self.subTest(pair):
                self.revert_rows.ask('b')
                self.start()
                self.assertEqual('available', self.state.status)
                self.assert_copies(2, {'a': 1, 'b': 2})
                self.revert_rows.ask('b')
        self.tell()

    def test_deletion_of_the_volume(self):
        self.prepare(Format.RAW, 'a')
        self.remove('a')
        shutil.rmtree(self.kept)
        shutil.copytree(self.layout.folder, self.kept)

        def delete():
            self.backend.delete_volume('host:/share', builders.VOLUME)

        for pair in self.each_pair(delete):
            with self.subTest(pair):
                delete()
                self.assertEqual([], self.names())
        self.tell()

    def test_driver_that_removes_a_file_before_it_has_forgotten_it_is_caught(self):
        def merge_and_forget(layout, plan, maker):
            qemu_img.commit(layout.path(plan.overlay))
            volumes.discard(layout, plan.overlay)
            records.save(layout, plan.record, maker)

        self.prepare(Format.RAW, 'a')
        self.addCleanup(setattr, offline, 'merge', offline.merge)
        offline.merge = merge_and_forget
        lost = []
        for first in itertools.count(1):
            self.restore()
            if not dies(lambda: self.remove('a'), self.layout.folder, first):
                break
            try:
                self.active()
            except exceptions.ChainError:
                lost.append(first)
        self.assertTrue(lost, 'a record that names what is gone')

    def tell(self):
        self.assertGreater(self.tried, 0)
        every = '' if self.every == 1 else f', every {self.every}th of them'
        sys.stderr.write(f'{self.tried} pairs of deaths tried{every}, nothing lost\n')
