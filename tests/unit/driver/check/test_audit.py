# SPDX-License-Identifier: Apache-2.0
"""How findings are judged from values alone; real files are left to the functional tests."""

import dataclasses
import pathlib
import unittest

from driver.check import audit_access, audit_chain, audit_files, audit_record, images, rebuilding
from driver.check.audit_access import Expected
from driver.check.findings import Kind, SaveRecord, SetAccess, Severity
from driver.check.images import Look
from driver.check.links import Links
from driver.check.survey import Detail, Seen, Survey
from driver.journal import Intent, Operation
from driver.layout import Layout
from driver.locks import Holders
from driver.probe import Owner
from driver.qcow2 import Header
from driver.records import Record
from tests.unit.driver import builders

VOLUME = builders.VOLUME
FIRST = f'{VOLUME}.a1'
SECOND = f'{VOLUME}.b2'
OURS = Owner(1000, 2000, 0o660)
FOLDER = Owner(0, 0, 0o771)
SETGID = Owner(0, 3000, 0o2771)


def seen(name, look=None, owner=OURS, size=builders.GIB, changed=0.0):
    return Seen(name, '', owner, size, size, changed, look=look or Look())


def overlay(name, backing, form='qcow2', size=builders.GIB):
    header = Header(size, backing, form, False, 0, 2)
    return seen(name, Look('qcow2', header))


def survey(*files, record=None, **fields):
    present = {file.name: file for file in files}
    layout = Layout(pathlib.Path('/share'), VOLUME)
    if record is not None:
        present[layout.record] = seen(layout.record)
    return Survey(layout, present, record=record, **fields)


def chain_of_three(**fields):
    return survey(seen(VOLUME), overlay(FIRST, VOLUME, 'raw'), overlay(SECOND, FIRST), **fields)


class CopyTest(unittest.TestCase):
    """Snapshots of encrypted volumes, which no record names."""

    def judged(self, *files, **fields):
        found = survey(*files, **fields)
        return list(audit_files.judge(found, Links(found), 0.0))

    def test_copy_beside_its_volume_is_as_it_should_be(self):
        self.assertEqual([], self.judged(seen(VOLUME), seen(f'{FIRST}.copy')))

    def test_copy_whose_volume_is_gone_may_be_all_that_is_left(self):
        [finding] = self.judged(seen(f'{FIRST}.copy'))
        self.assertEqual(Kind.UNKNOWN_FILE, finding.kind)
        self.assertIn('only data', finding.repair)

    def test_journal_of_a_copy_that_is_there_is_kept_for_the_driver(self):
        files = seen(VOLUME), seen(f'{VOLUME}.journal'), seen(f'{FIRST}.copy')
        [finding] = self.judged(*files, intent=Intent(Operation.CREATE, 'a1'))
        self.assertIsNone(finding.remedy)
        self.assertIn(f'{FIRST}.copy', finding.files)

    def test_journal_of_a_copy_that_is_not_there_goes(self):
        files = seen(VOLUME), seen(f'{VOLUME}.journal')
        [finding] = self.judged(*files, intent=Intent(Operation.CREATE, 'a1'))
        self.assertIsNotNone(finding.remedy)


class InferTest(unittest.TestCase):
    def test_owner_and_group_of_most_files(self):
        files = [OURS, OURS, Owner(1, 1, 0o660)]
        self.assertEqual(Expected(1000, 2000, 0o660), audit_access.infer(files, FOLDER, None))

    def test_group_of_a_folder_that_passes_it_on(self):
        self.assertEqual(3000, audit_access.infer([OURS], SETGID, None).gid)

    def test_owner_of_half_the_files_is_no_majority(self):
        files = [OURS, Owner(1, 2000, 0o660)]
        self.assertEqual(Expected(None, 2000, 0o660), audit_access.infer(files, FOLDER, None))

    def test_the_more_frequent_mode_of_the_two_that_the_driver_gives(self):
        modes = [0o666, 0o666, 0o660, 0o644, 0o644, 0o644]
        files = [dataclasses.replace(OURS, mode=mode) for mode in modes]
        self.assertEqual(0o666, audit_access.infer(files, FOLDER, None).mode)
        self.assertEqual(0o660, audit_access.infer(files, FOLDER, 0o660).mode)
        self.assertEqual(0o660, audit_access.infer(files[1:3], FOLDER, None).mode)
        self.assertIsNone(audit_access.infer(files[3:], FOLDER, None).mode)

    def test_share_without_files(self):
        self.assertEqual(Expected(), audit_access.infer([], FOLDER, None))

    def test_only_what_differs_is_changed(self):
        found = list(audit_access.judge(survey(seen(VOLUME)), Expected(1000, 7, None)))
        self.assertEqual([SetAccess(VOLUME, None, 7, None)], [each.remedy for each in found])


class LinksTest(unittest.TestCase):
    def test_chain_is_followed_to_the_base(self):
        links = Links(chain_of_three())
        self.assertEqual(((SECOND, FIRST, VOLUME), True), dataclasses.astuple(links.walk(SECOND)))
        self.assertEqual((SECOND,), links.tops)

    def test_header_in_a_raw_base_leads_nowhere(self):
        trap = Look('qcow2', Header(builders.GIB, '/etc/passwd', 'raw', False, 0, 2))
        links = Links(survey(seen(VOLUME, trap), overlay(FIRST, VOLUME, 'raw')))
        self.assertNotIn(VOLUME, links.by_name)
        self.assertTrue(links.walk(FIRST).whole)

    def test_header_of_a_base_without_overlays_leads_nowhere(self):
        trap = Look('qcow2', Header(builders.GIB, FIRST, 'raw', False, 0, 2))
        self.assertEqual({}, Links(survey(seen(VOLUME, trap))).by_name)

    def test_names_that_mean_a_file_of_the_volume(self):
        hash_of_export = '0123456789abcdef' * 2
        places = frozenset({'/share', f'/data/{hash_of_export}'})
        names = {
            VOLUME: VOLUME,
            f'./{VOLUME}': VOLUME,
            f'/share/{VOLUME}': VOLUME,
            f'/share/../share/{VOLUME}': VOLUME,
            f'/var/lib/nova/mnt/{hash_of_export}/{VOLUME}': VOLUME,
            f'{hash_of_export}/{VOLUME}': None,
            f'/other/{VOLUME}': None,
            f'../{VOLUME}': None,
            '/share/volume-another': None,
            f'/share/{VOLUME}.info': None,
            f'nbd://host/{VOLUME}': None,
            f'json:{{"file.filename":"/share/{VOLUME}"}}': None,
        }
        for name, target in names.items():
            with self.subTest(name):
                links = Links(survey(overlay(FIRST, name, 'raw'), places=places))
                self.assertEqual(target, links.by_name[FIRST].target)


class RebuildTest(unittest.TestCase):
    def test_names_of_overlays_tell_the_snapshots(self):
        wanted = Record(SECOND, {'a1': FIRST, 'b2': SECOND})
        self.assertEqual(wanted, rebuilding.rebuild(Links(chain_of_three())))

    def test_what_the_record_says_of_an_overlay_is_kept(self):
        record = Record(SECOND, {'x9': SECOND, 'gone': f'{VOLUME}.gone'})
        found = rebuilding.rebuild(Links(chain_of_three(record=record)))
        self.assertEqual({'x9': SECOND, 'a1': FIRST}, found.overlays)

    def test_overlay_of_two_snapshots_leaves_a_choice(self):
        record = Record(SECOND, {'x9': SECOND, 'y8': SECOND})
        self.assertIsNone(rebuilding.rebuild(Links(chain_of_three(record=record))))

    def test_snapshot_of_two_overlays_leaves_a_choice(self):
        record = Record(SECOND, {'a1': SECOND})
        self.assertIsNone(rebuilding.rebuild(Links(chain_of_three(record=record))))

    def test_two_tops_leave_a_choice(self):
        files = (seen(VOLUME), overlay(FIRST, VOLUME, 'raw'), overlay(SECOND, VOLUME, 'raw'))
        self.assertIsNone(rebuilding.rebuild(Links(survey(*files))))

    def test_volume_without_overlays(self):
        self.assertEqual(Record(VOLUME, {}), rebuilding.rebuild(Links(survey(seen(VOLUME)))))


class JudgeTest(unittest.TestCase):
    def record_findings(self, found):
        return list(audit_record.judge(found, Links(found), ()))

    def test_record_that_agrees(self):
        record = Record(SECOND, {'a1': FIRST, 'b2': SECOND})
        found = chain_of_three(record=record)
        self.assertEqual([], self.record_findings(found))
        self.assertEqual([], list(audit_chain.judge(found, Links(found))))

    def test_repair_never_changes_which_file_is_active(self):
        found = chain_of_three(record=Record(FIRST, {'a1': FIRST, 'b2': SECOND}))
        self.assertEqual([None], [each.remedy for each in self.record_findings(found)])

    def test_lost_record_is_made_anew(self):
        finding = self.record_findings(chain_of_three())[0]
        self.assertIs(Kind.MISSING_RECORD, finding.kind)
        self.assertIsInstance(finding.remedy, SaveRecord)

    def test_stray_whose_locks_can_not_be_asked_for_is_left_alone(self):
        stray = overlay(SECOND, VOLUME, 'raw')
        for holders, movable in ((None, False), (Holders(False, False), True)):
            details = {SECOND: Detail(True, holders)}
            record = Record(VOLUME, {})
            found = survey(seen(VOLUME), stray, record=record, details=details)
            finding = self.record_findings(found)[0]
            self.assertEqual((Kind.ORPHAN, movable), (finding.kind, finding.remedy is not None))

    def test_journal_that_can_not_be_read_is_an_error_and_not_mended_beside_a_snapshot(self):
        record = Record(SECOND, {'a1': FIRST, 'b2': SECOND})
        cases = {
            'snapshots': (chain_of_three(record=record, journal_fault='Torn.'), False),
            'overlays without a record': (chain_of_three(journal_fault='Torn.'), False),
            'a stray': (survey(seen(VOLUME), seen(FIRST, size=0), journal_fault='Torn.'), False),
            'no snapshot': (survey(seen(VOLUME), journal_fault='Torn.'), True),
            'no snapshot any more': (
                survey(seen(VOLUME), record=Record(VOLUME, {}), journal_fault='Torn.'),
                True,
            ),
        }
        for situation, (found, mendable) in cases.items():
            with self.subTest(situation):
                finding = next(audit_files.judge(found, Links(found), 0.0))
                told = (finding.kind, finding.severity, finding.remedy is not None)
                self.assertEqual((Kind.JOURNAL, Severity.ERROR, mendable), told)
                self.assertNotEqual(mendable, finding.repair.startswith('By hand'))
                self.assertNotIn('next operation', finding.repair)

    def test_nothing_is_mended_by_headers_while_a_journal_can_not_be_read(self):
        record = Record(SECOND, {'b2': SECOND})
        details = {FIRST: Detail(True, Holders(False, False))}
        for found in (
            chain_of_three(journal_fault='Torn.'),
            chain_of_three(record=record, journal_fault='Torn.'),
            survey(
                seen(VOLUME),
                seen(FIRST, size=0),
                record=Record(VOLUME, {}),
                journal_fault='Torn.',
                details=details,
            ),
        ):
            with self.subTest(found.record):
                self.assertEqual([None], [each.remedy for each in self.record_findings(found)])

    def test_temporary_file_is_left_over_after_an_hour_with_nobody_at_it(self):
        name = f'{VOLUME}.tmp'
        for age, busy, severity in (
            (10, False, Severity.HINT),
            (audit_files.STALE, True, Severity.HINT),
            (audit_files.STALE, False, Severity.WARNING),
        ):
            details = {name: Detail(None, Holders(busy, busy))}
            found = survey(seen(name, changed=0.0), details=details)
            finding = next(audit_files.judge(found, Links(found), float(age)))
            self.assertIs(severity, finding.severity)


class LookTest(unittest.TestCase):
    def test_marks_of_image_formats(self):
        marks = {
            b'QED\0': 'qed',
            b'KDMV': 'vmdk',
            b'# Disk DescriptorFile\n': 'vmdk',
            b'conectix': 'vhd',
            b'vhdxfile': 'vhdx',
            b'\0' * 64 + b'\x7f\x10\xda\xbe': 'vdi',
            b'LUKS\xba\xbe': None,
            b'': None,
        }
        for data, magic in marks.items():
            self.assertEqual(magic, images.examine(data, 'name').magic)

    def test_table_that_is_just_large_enough(self):
        data = builders.header(backing=VOLUME, l1_entries=2)
        self.assertEqual(0, images.examine(data, FIRST).missing_l1)
        short = builders.header(backing=VOLUME, l1_entries=1)
        self.assertEqual(1, images.examine(short, FIRST).missing_l1)

    def test_header_that_is_cut_off_is_damaged(self):
        data = builders.header(backing=VOLUME, l1_entries=2)
        for length in range(4, len(data)):
            with self.subTest(length):
                found = images.examine(data[:length], FIRST)
                self.assertIsNone(found.header)
                self.assertTrue(found.damage)
