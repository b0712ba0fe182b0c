# SPDX-License-Identifier: Apache-2.0
"""Shares made by hand with qemu-img, damaged in one way each: one finding of one judge."""

import dataclasses
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from nova_assist.checks import scene
from nova_assist.checks.judging import Bench
from nova_assist.checks.model import Exactly, History
from nova_assist.checks.pattern import BLOCK_SIZE, Pattern
from nova_assist.checks.reader import ImageSource, Reader
from nova_assist.reports.model import Verdict

SIZE = 8 * 2**20
LAST = SIZE // BLOCK_SIZE - 1
PATTERN = Pattern(1)
BASE, OLD, NEW = 'volume-1', 'volume-1.s1', 'volume-1.s2'
RECORD = 'volume-1.info'


def run(*args):
    subprocess.run(args, check=True, capture_output=True)


class Share:
    """A share with one volume and two snapshots, everything as it should be."""

    def __init__(self, folder, image_format):
        self.path = pathlib.Path(folder)
        self.history = History('v1')
        run('qemu-img', 'create', '-f', image_format, self.path / BASE, str(SIZE))
        self.write(BASE, image_format, 0, 3, LAST)
        old = self.data()
        self.overlay(OLD, BASE, image_format)
        self.write(OLD, 'qcow2', 3, 4)
        new = self.data()
        self.overlay(NEW, OLD, 'qcow2')
        self.write(NEW, 'qcow2', 0, 4)
        self.record({'active': NEW, 's1': OLD, 's2': NEW})
        self.volume = scene.Volume(
            '1',
            'v1',
            image_format,
            self.data(),
            (
                scene.Snapshot('s1', 'first', 'available', old),
                scene.Snapshot('s2', 'second', 'available', new),
            ),
            (scene.Attachment('a1', NEW, 'qcow2'),),
        )
        for name in os.listdir(folder):
            (self.path / name).chmod(0o666)

    def data(self):
        return Exactly(SIZE, self.history.state())

    def overlay(self, name, backing, backing_format):
        options = ('-u', '-b', backing, *(('-F', backing_format) if backing_format else ()))
        run('qemu-img', 'create', '-f', 'qcow2', *options, self.path / name, str(SIZE))

    def rebase(self, name, *options):
        run('qemu-img', 'rebase', '-u', '-f', 'qcow2', *options, self.path / name)

    def write(self, name, image_format, *blocks):
        with tempfile.NamedTemporaryFile() as content:
            for block in blocks:
                write = self.history.issue(block)
                self.history.acknowledge(write)
                pathlib.Path(content.name).write_bytes(PATTERN.encode(write))
                command = f'write -q -s {content.name} {block * BLOCK_SIZE} {BLOCK_SIZE}'
                run('qemu-io', '-f', image_format, '-c', command, self.path / name)

    def record(self, entries):
        (self.path / RECORD).write_text(json.dumps(entries))

    def guest(self, *chain, image_format='qcow2'):
        source = ImageSource(str(self.path / NEW), 'qcow2')
        return scene.GuestDisk(chain, image_format, source)


class JudgesTest(unittest.TestCase):
    image_format = 'raw'

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(scratch.cleanup)
        self.share = Share(folder.name, self.image_format)
        self.volume = self.share.volume
        self.bench = Bench(Reader(pathlib.Path(scratch.name), PATTERN))

    def judge(self, **changes):
        volumes = (dataclasses.replace(self.volume, **changes),)
        ownership = scene.Ownership(os.geteuid(), os.getegid())
        return self.bench.judge(scene.Scene(self.share.path, volumes, ownership))

    def found(self, judge, **changes):
        """Return the findings of one judge."""
        return [each for each in self.judge(**changes).findings if each.judge == judge]

    def assert_one(self, judge, words, **changes):
        """See exactly one finding of any judge, and return it."""
        (finding,) = self.judge(**changes).findings
        self.assertEqual((judge, Verdict.FAIL), (finding.judge, finding.verdict), finding)
        self.assertRegex(finding.fault, words)
        return finding

    def assert_one_of(self, judge, words, **changes):
        """See exactly one finding of this judge; others may see the same fault their way."""
        (finding,) = self.found(judge, **changes)
        self.assertRegex(finding.fault, words)
        return finding


class SoundShareTest(JudgesTest):
    def test_sound_share_has_no_findings_and_settles_all_of_it(self):
        judgement = self.judge(guest=self.share.guest(NEW, OLD, BASE))
        self.assertEqual((), judgement.findings)
        self.assertEqual({'1', 's1', 's2'}, set(judgement.settled))
        self.assertEqual({'v1 (1)': [NEW, OLD, BASE]}, judgement.chains)


class SoundQcow2ShareTest(SoundShareTest):
    image_format = 'qcow2'


class DataTest(JudgesTest):
    def test_write_that_went_into_a_snapshot(self):
        self.share.write(BASE, 'raw', 100)
        found = self.found('data')
        self.assertEqual(3, len(found), 'each image above shows the block')
        self.assertIn("snapshot first (s1) doesn't hold what", found[1].fault)

    def test_snapshot_that_changed_after_it_was_seen(self):
        seen = dataclasses.replace(self.volume.snapshots[0], seen=True)
        self.share.write(BASE, 'raw', 3)
        words = 'snapshot first .*changed after its creation: block 3 .*expected write 2, found'
        self.assert_one('data', words, snapshots=(seen, self.volume.snapshots[1]))

    def test_write_that_is_lost(self):
        self.share.history.issue(7)
        self.assert_one(
            'data',
            'block 7 at offset 28672, expected write 8, found zeros',
            data=self.share.data(),
        )

    def test_bytes_that_nobody_wrote(self):
        run('qemu-io', '-f', 'qcow2', '-c', 'write -P 9 1M 512', self.share.path / NEW)
        self.assert_one('data', 'block 256 .*nobody wrote: 09 09')

    def test_volume_that_no_longer_can_be_read_is_unknown(self):
        (self.share.path / OLD).unlink()
        self.assertEqual({Verdict.UNKNOWN}, {each.verdict for each in self.found('data')})


class ChainTest(JudgesTest):
    def test_record_that_is_forgotten(self):
        (self.share.path / RECORD).unlink()
        self.assertEqual(
            2,
            len(
                [
                    each
                    for each in self.found('chain')
                    if 'available in Cinder, but the record' in each.fault
                ]
            ),
        )

    def test_record_that_is_damaged(self):
        (self.share.path / RECORD).write_text('{"active": "vol')
        self.assert_one_of('chain', 'record of volume v1 .*is damaged.*no JSON')

    def test_record_of_a_snapshot_that_cinder_does_not_have(self):
        self.assert_one_of(
            'chain',
            "record has snapshot s2, which Cinder doesn't have",
            snapshots=self.volume.snapshots[:1],
        )

    def test_snapshot_that_vanished_from_cinder(self):
        gone = dataclasses.replace(self.volume.snapshots[1], status=None)
        self.share.record({'active': NEW, 's1': OLD, 's3': NEW})
        extra = scene.Snapshot('s3', 'third', 'error', None)
        self.assert_one(
            'chain',
            'snapshot second .*gone from Cinder',
            snapshots=(self.volume.snapshots[0], gone, extra),
        )

    def test_active_file_that_is_missing(self):
        (self.share.path / NEW).unlink()
        self.assert_one_of('chain', f'active file {NEW} .*missing')

    def test_base_file_that_is_missing(self):
        (self.share.path / BASE).unlink()
        self.assert_one_of('chain', f"followed from {NEW}: a file is missing: .*'{BASE}'")

    def test_backing_file_by_absolute_path(self):
        self.share.rebase(NEW, '-b', str(self.share.path / OLD), '-F', 'qcow2')
        self.assert_one('chain', f'{NEW} names its backing file by an absolute path')

    def test_backing_file_by_a_path_through_other_folders(self):
        around = f'../{self.share.path.name}/{OLD}'
        self.share.rebase(NEW, '-b', around, '-F', 'qcow2')
        self.assert_one('chain', f'{NEW} names its backing file by a path with folders: ../')

    def test_backing_format_that_is_wrong(self):
        self.share.rebase(NEW, '-b', OLD, '-F', 'raw')
        self.assert_one_of('chain', f'{NEW} records format raw for its backing file {OLD}')

    def test_overlay_that_was_left_out_of_the_chain(self):
        self.share.rebase(NEW, '-b', BASE, '-F', 'raw')
        self.assert_one_of('chain', f'record names {OLD} for snapshot s1, but the chain')

    def test_overlay_that_two_snapshots_have(self):
        run('qemu-img', 'commit', '-q', '-d', '-f', 'qcow2', self.share.path / OLD)
        self.share.rebase(NEW, '-b', BASE, '-F', 'raw')
        (self.share.path / OLD).unlink()
        self.share.record({'active': NEW, 's1': NEW, 's2': NEW})
        self.assert_one_of('chain', f'record names {NEW} for more than one snapshot: s1, s2')

    def test_snapshot_that_went_into_an_error_state(self):
        broken = dataclasses.replace(self.volume.snapshots[1], status='error_deleting')
        self.assert_one(
            'chain',
            'snapshot second .*, which was available, is error_deleting in Cinder',
            snapshots=(self.volume.snapshots[0], broken),
        )

    def test_snapshot_that_failed_to_be_made_is_not_judged(self):
        failed = scene.Snapshot('s3', 'third', 'error', None)
        self.assertEqual((), self.judge(snapshots=(*self.volume.snapshots, failed)).findings)

    def test_virtual_size_that_is_not_the_volume_s(self):
        larger = dataclasses.replace(self.volume.data, size=2 * SIZE)
        self.assert_one_of('chain', f'{NEW} has a virtual size of {SIZE} bytes', data=larger)

    def test_attachment_that_names_the_old_file(self):
        self.assert_one(
            'chain',
            f'tells the host to open {OLD} as qcow2',
            attachments=(scene.Attachment('a1', OLD, 'qcow2'),),
        )

    def test_attachment_that_opens_an_overlay_as_raw(self):
        self.assert_one(
            'chain',
            f'tells the host to open {NEW} as raw',
            attachments=(scene.Attachment('a1', NEW, 'raw'),),
        )

    def test_attachment_that_names_no_file(self):
        self.assert_one(
            'chain',
            'attachment a1 of volume v1 .*tells the host no file to open',
            attachments=(scene.Attachment('a1', None, 'raw'),),
        )

    def test_guest_without_an_attachment_in_cinder(self):
        self.assert_one(
            'chain',
            'a guest has volume v1 .*open, but Cinder has no attachment',
            attachments=(),
            guest=self.share.guest(NEW, OLD, BASE),
        )

    def test_guest_that_did_not_switch(self):
        self.assert_one(
            'chain',
            f'names active file {NEW}, but the guest has {OLD} open',
            guest=self.share.guest(OLD, BASE),
        )

    def test_guest_with_another_chain_open(self):
        self.assert_one('chain', 'guest has another chain', guest=self.share.guest(NEW, BASE))

    def test_guest_that_opened_the_overlay_as_raw(self):
        guest = self.share.guest(NEW, OLD, BASE, image_format='raw')
        self.assert_one('chain', f'{NEW} open as raw', guest=guest)

    def test_snapshots_in_the_wrong_order(self):
        self.assert_one('chain', 'wrong order', snapshots=self.volume.snapshots[::-1])


class MetadataTest(JudgesTest):
    image_format = 'qcow2'

    def corrupt(self, name):
        """Take away the reference count of an image's header, which nothing reads."""
        image = self.share.path / name
        content = bytearray(image.read_bytes())
        table = int.from_bytes(content[48:56], 'big')
        counts = int.from_bytes(content[table : table + 8], 'big')
        content[counts : counts + 2] = bytes(2)
        image.write_bytes(content)

    def test_corrupt_overlay(self):
        self.corrupt(OLD)
        self.assert_one('chain', f'qcow2 metadata of {OLD} is corrupt: .*counts 1 errors')

    def test_corrupt_base(self):
        self.corrupt(BASE)
        self.assert_one('chain', f'qcow2 metadata of {BASE} is corrupt')

    def test_corruption_is_found_again(self):
        self.corrupt(OLD)
        for _ in range(2):
            self.assert_one('chain', f'qcow2 metadata of {OLD} is corrupt')

    def test_corruption_of_a_file_that_was_sound_before(self):
        self.assertEqual((), self.judge().findings)
        self.corrupt(NEW)
        self.assert_one('chain', f'qcow2 metadata of {NEW} is corrupt')

    def test_active_file_of_a_running_guest_is_not_checked(self):
        self.corrupt(NEW)
        guest = self.share.guest(NEW, OLD, BASE)
        self.assertEqual((), self.judge(guest=guest, running=True).findings)


class GuessedFormatTest(JudgesTest):
    image_format = 'qcow2'

    def test_backing_format_that_is_not_recorded(self):
        image = self.share.path / OLD
        header = bytearray(image.read_bytes())
        place = header.index((0xE2792ACA).to_bytes(4, 'big'))
        header[place : place + 4] = (0x12345678).to_bytes(4, 'big')
        image.write_bytes(header)
        self.assert_one('chain', f'{OLD} records no format for its backing file {BASE}')


class OrphanTest(JudgesTest):
    def test_overlay_that_is_left_over(self):
        self.share.overlay('volume-1.tmp', BASE, 'raw')
        (self.share.path / 'volume-1.tmp').chmod(0o666)
        finding = self.assert_one('orphans', 'volume-1.tmp is left on the share')
        self.assertEqual(('volume-1.tmp',), finding.files)

    def test_file_that_somebody_still_has_open_over_nfs(self):
        (self.share.path / '.nfs000000000012d6870000000b').touch()
        self.assertEqual((), self.judge().findings)

    def test_file_that_only_looks_like_one(self):
        (self.share.path / '.nfs-something').touch()
        self.assert_one('orphans', '.nfs-something is left on the share')

    def test_anything_of_a_deleted_volume(self):
        ownership = scene.Ownership(os.geteuid(), os.getegid())
        for name in (NEW, OLD, BASE):
            (self.share.path / name).unlink()
        (finding,) = self.bench.judge(scene.Scene(self.share.path, (), ownership)).findings
        self.assertEqual(('orphans', (RECORD,)), (finding.judge, finding.files))

    def test_where_others_are_only_files_of_volumes_that_were_made_count(self):
        for name in ('volume-1.tmp', 'volume-2.tmp', 'something'):
            (self.share.path / name).touch()
        judged = scene.Scene(self.share.path, (self.volume,), None, made=frozenset({'1'}))
        (finding,) = self.bench.judge(judged).findings
        self.assertEqual(('orphans', ('volume-1.tmp',)), (finding.judge, finding.files))

    def test_files_of_others_and_cinder_s_own_are_left_alone(self):
        for name in ('volume-2', '.cinderSecureEnvIndicator'):
            (self.share.path / name).touch()
        ownership = scene.Ownership(os.geteuid(), os.getegid())
        share = scene.Scene(self.share.path, (self.volume,), ownership, frozenset({'volume-2'}))
        self.assertEqual((), self.bench.judge(share).findings)


class AccessTest(JudgesTest):
    def test_overlay_that_others_can_not_write(self):
        (self.share.path / NEW).chmod(0o644)
        self.assert_one('access', f'overlay {NEW} is mode 0644, expected 0666')

    def test_record_that_others_can_not_read(self):
        (self.share.path / RECORD).chmod(0o600)
        self.assert_one('access', f'record {RECORD} is mode 0600, expected 0666')

    @unittest.skipUnless(os.geteuid() == 0, 'only root may give files away')
    def test_volume_file_of_another_owner(self):
        os.chown(self.share.path / BASE, 64055, os.getegid())
        self.assert_one('access', f'volume file {BASE} is owned by 64055, expected 0')
