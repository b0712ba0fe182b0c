# SPDX-License-Identifier: Apache-2.0
"""Checking and mending a share while QEMUs and operations are at work on it."""

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
import unittest

from driver import access, journal, offline, reading, records
from driver.chain import plan_offline_merge
from driver.check import audit, tree
from driver.check.findings import Kind, Severity
from driver.journal import Intent, Operation
from driver.layout import Format, Layout
from driver.locks import Holders
from tests.functional.damaged import FIRST, RECORD, SECOND, VOLUME, DamageCase
from tests.unit.driver import builders

THIRD = f'{VOLUME}.c3'
_DEADLINE = 60

#: An account other than root.
_OTHER = 65534


@contextlib.contextmanager
def qemu_io(path, *options):
    """Hold a chain open in a QEMU; yields what carries out one of its commands."""
    process = subprocess.Popen(
        ['qemu-io', *options, '-f', 'qcow2', str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def command(words, answer):
        process.stdin.write(f'{words}\n')
        process.stdin.flush()
        lines = iter(process.stdout.readline, '')
        if not any(answer in line for line in lines):
            raise OSError(f'qemu-io did not answer {words} with {answer}')

    try:
        command('length', 'MiB')
        yield command
    finally:
        process.communicate('quit\n', timeout=_DEADLINE)


@contextlib.contextmanager
def storage_daemon(path):
    """Hold a chain open in a qemu-storage-daemon, as a guest that writes to it."""
    node = {'driver': 'qcow2', 'node-name': 'disk', 'file': {'driver': 'file'}}
    node['file']['filename'] = str(path)
    export = 'type=vhost-user-blk,id=e,node-name=disk,writable=on,addr.type=unix,addr.path='
    words = {
        '--blockdev': json.dumps(node),
        '--export': f'{export}{path.parent.parent / "socket"}',
        '--chardev': 'stdio,id=c',
        '--monitor': 'c',
    }
    process = subprocess.Popen(
        ['qemu-storage-daemon', *itertools.chain(*words.items())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        if b'QMP' not in process.stdout.readline():
            raise OSError('qemu-storage-daemon did not start')
        yield
    finally:
        process.terminate()
        process.communicate(timeout=_DEADLINE)


class InUseTest(DamageCase):
    def layout(self):
        return Layout(self.folder, VOLUME)

    def test_nothing_is_found_beside_a_guest_that_goes_on_writing(self):
        with qemu_io(self.path(SECOND)) as command:
            for value in range(1, 9):
                self.assertEqual((), self.audit())
                command(f'write -P {value} 0 64k', 'wrote 65536')
                command(f'read -P {value} 0 64k', 'read 65536')

    def test_nothing_is_found_beside_a_storage_daemon(self):
        with storage_daemon(self.path(SECOND)):
            self.assertEqual((), self.audit())
        self.assert_intact()

    def test_guests_can_start_while_a_check_is_going_on(self):
        # So that the check asks for locks too.
        self.make_overlay(THIRD, SECOND, 'qcow2')
        ended = threading.Event()
        looks = []

        def look():
            while not ended.is_set():
                looks.append({finding.kind for finding in self.audit()})

        thread = threading.Thread(target=look)
        thread.start()
        try:
            for _ in range(10):
                with qemu_io(self.path(THIRD)):
                    pass
        finally:
            ended.set()
            thread.join(_DEADLINE)
        self.assertLessEqual({Kind.ORPHAN}, set.union(*looks))

    def test_volume_that_is_open_is_not_mended(self):
        self.make(RECORD, b'')
        with qemu_io(self.path(SECOND), '-r'):
            outcomes = self.repair()
            self.assertEqual([False], [outcome.done for outcome in outcomes])
            self.assertRegex(outcomes[0].what, f'{VOLUME}.* is open in a QEMU process')
            self.assertEqual(b'', self.path(RECORD).read_bytes())
        self.assertEqual([True], [outcome.done for outcome in self.repair()])

    def test_volume_is_kept_from_guests_while_it_is_mended(self):
        self.rebase(SECOND, self.path(FIRST), 'qcow2')
        refused = []

        def try_to_open(event, arguments):
            if event == 'subprocess.Popen' and 'rebase' in arguments[1] and not refused:
                refused.append(None)
                command = ['qemu-io', '-f', 'qcow2', '-c', 'length', str(self.path(SECOND))]
                refused.append(subprocess.run(command, capture_output=True).returncode)

        sys.addaudithook(try_to_open)
        self.repair()
        self.assertEqual([None, 1], refused)

    def test_orphan_that_a_guest_has_open_is_left_alone(self):
        self.make_overlay(THIRD, SECOND, 'qcow2')
        with qemu_io(self.path(THIRD)):
            finding = self.assert_only(Kind.ORPHAN, THIRD)
            self.assertIn('open in a QEMU process', finding.meaning)
            self.assertIsNone(finding.remedy)

    def test_operation_under_way_is_a_hint_and_explains_its_files(self):
        self.make_overlay(THIRD, SECOND, 'qcow2')
        self.make(f'{THIRD}.tmp', b'')
        intent, maker = Intent(Operation.CREATE, 'c3'), access.FileMaker(access.SECURE_MODE)
        with journal.kept(self.layout(), intent, maker):
            found = self.audit()
            self.assertEqual({Severity.HINT}, {finding.severity for finding in found})
            self.assertIn(Kind.UNDER_WAY, [finding.kind for finding in found])

    def test_volume_with_an_operation_under_way_is_not_mended(self):
        self.path(FIRST).chmod(0o644)
        intent, maker = Intent(Operation.CREATE, 'c3'), access.FileMaker(access.SECURE_MODE)
        with journal.kept(self.layout(), intent, maker):
            outcomes = self.repair()
        self.assertIn('is under way', outcomes[0].what)
        self.assertEqual(0o644, builders.mode_of(self.path(FIRST)))

    @unittest.skipUnless(os.geteuid() == 0, 'only root can act as another account')
    def test_file_that_its_owner_may_not_write_is_mended_by_its_owner(self):
        for path in (self.scratch, self.folder, *self.folder.iterdir()):
            os.chown(path, _OTHER, _OTHER)
        self.path(FIRST).chmod(0o440)
        self.addCleanup(os.setegid, os.getegid())
        self.addCleanup(os.seteuid, os.geteuid())
        os.setegid(_OTHER)
        os.seteuid(_OTHER)
        outcomes = self.repair()
        self.assertEqual([True], [each.done for each in outcomes], outcomes)
        self.assertEqual(0o660, builders.mode_of(self.path(FIRST)))

    def test_what_passes_by_is_not_told(self):
        record = self.path(RECORD).read_bytes()
        self.make(RECORD, b'')

        def go_on(done, total):
            if done == total:
                self.make(RECORD, record)

        self.assertEqual((), audit.audit(self.folder, settle=60, progress=go_on).findings)

    def test_what_comes_up_between_two_looks_is_not_told_yet(self):
        self.path(FIRST).chmod(0o644)

        def go_on(done, total):
            if done == total:
                self.path(FIRST).chmod(0o660)
                self.make(RECORD, b'')

        self.assertEqual((), audit.audit(self.folder, settle=0, progress=go_on).findings)
        self.assert_only(Kind.UNREADABLE_RECORD)

    def test_operation_that_begins_while_a_volume_is_mended_ends_the_repair(self):
        self.path(FIRST).chmod(0o644)
        self.make(RECORD, b'')
        begun = []

        def begin(event, arguments):
            if event == 'os.chmod' and not begun:
                begun.append(None)
                self.make(f'{VOLUME}.journal', b'')

        sys.addaudithook(begin)
        outcomes = self.repair()
        self.assertEqual([True, False], [outcome.done for outcome in outcomes])
        self.assertIn('is under way', outcomes[1].what)
        self.assertEqual(b'', self.path(RECORD).read_bytes())

    def test_chain_tells_who_reads_and_who_writes(self):
        with qemu_io(self.path(SECOND)):
            branch = tree.grow(self.layout(), self.names()).branches[0]
        reads, writes = Holders(True, False), Holders(True, True)
        self.assertEqual([writes, reads, reads], [node.holders for node in branch])
        branch = tree.grow(self.layout(), self.names()).branches[0]
        self.assertEqual([False] * 3, [node.holders.any for node in branch])


class InterruptedOperationTest(DamageCase):
    """The driver dies before each effect of an operation; that is told, and nothing else is."""

    def setUp(self):
        super().setUp()
        self.layout = Layout(self.folder, VOLUME)
        self.maker = access.FileMaker(access.SECURE_MODE)

    def opened(self):
        record = records.load(self.layout)
        return record, reading.read_chain(self.layout, record.active, Format.QCOW2, builders.GIB)

    def create(self):
        record, chain = self.opened()
        with journal.kept(self.layout, Intent(Operation.CREATE, 'c3'), self.maker):
            offline.create(self.layout, record, chain, 'c3', self.maker)

    def delete(self, snapshot_id):
        record, chain = self.opened()
        plan = plan_offline_merge(record, chain, snapshot_id)
        intent = Intent(Operation.DELETE, snapshot_id, removes=plan.overlay)
        with journal.kept(self.layout, intent, self.maker):
            offline.merge(self.layout, plan, self.maker)

    def assert_told(self, action):
        whole = self.scratch / 'whole'
        shutil.copytree(self.folder, whole)
        told = set()
        for effect in range(1, 100):
            self.restore(whole)
            if not self.dies_before(effect, action):
                break
            with self.subTest(f'died before effect {effect}'):
                kinds = {finding.kind for finding in self.counting()}
                self.assertLessEqual(kinds, {Kind.JOURNAL})
                told |= kinds
                self.repair()
                self.assertLessEqual({finding.kind for finding in self.counting()}, kinds)
        self.assertEqual({Kind.JOURNAL}, told)
        self.assertEqual([], self.counting(), 'what an operation that ended has left')

    def test_creation(self):
        self.assert_told(self.create)

    def test_deletion_of_the_newest(self):
        self.assert_told(lambda: self.delete('b2'))

    def test_deletion_of_the_oldest(self):
        self.assert_told(lambda: self.delete('a1'))
