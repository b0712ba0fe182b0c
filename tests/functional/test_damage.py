# SPDX-License-Identifier: Apache-2.0
"""One damage of records, leftovers and modes at a time: one finding, mended or left alone."""

import json
import os
import unittest

from driver.check.findings import Kind, Severity
from tests.functional.damaged import (
    FIRST,
    NEIGHBOUR,
    RECORD,
    SECOND,
    VOLUME,
    DamageCase,
    write_block,
)
from tests.unit.driver import builders

THIRD = f'{VOLUME}.c3'
JOURNAL = f'{VOLUME}.journal'
HOURS = 2 * 3600


class UndamagedTest(DamageCase):
    def test_nothing_is_found(self):
        self.assertEqual((), self.audit())
        self.assert_intact()

    def test_hidden_and_strange_files_do_not_confuse_it(self):
        for name in ('.nfs000000000012ab34', '.nova-assist-probe-host-12-ab', 'lost+found', 'a b'):
            self.path(name).touch()
        self.path('.cinderSecureEnvIndicator').touch()
        self.path('.snapshot').mkdir()
        self.assertEqual((), self.audit())

    def test_chain_that_was_pulled_into_its_active_file(self):
        self.path(SECOND).unlink()
        self.path(FIRST).unlink()
        self.path(VOLUME).unlink()
        self.make_overlay(SECOND, None, None)
        self.save_record({'active': SECOND})
        self.assertEqual((), self.audit())

    def test_record_whose_snapshot_has_another_overlay_after_a_merge(self):
        self.path(FIRST).unlink()
        self.rebase(SECOND, VOLUME, 'raw')
        self.save_record({'active': SECOND, 'a1': SECOND})
        self.assertEqual((), self.audit())

    def test_damage_of_one_volume_is_not_told_of_another(self):
        self.path(NEIGHBOUR).unlink()
        self.make(f'{NEIGHBOUR}.info', b'')
        self.assertEqual({NEIGHBOUR}, {finding.volume for finding in self.audit()})


class RecordTest(DamageCase):
    def test_empty_record(self):
        self.make(RECORD, b'')
        outcomes = self.assert_mended(Kind.UNREADABLE_RECORD)
        self.assertEqual({'active': SECOND, 'a1': FIRST, 'b2': SECOND}, self.record())
        self.assertEqual(b'', self.path(outcomes[0].kept).read_bytes())
        self.assert_intact()

    def test_record_that_names_another_volume_s_file(self):
        self.save_record({'active': NEIGHBOUR})
        self.assert_mended(Kind.UNREADABLE_RECORD)
        self.assertEqual(SECOND, self.record()['active'])

    def test_missing_record(self):
        self.path(RECORD).unlink()
        finding = self.assert_only(Kind.MISSING_RECORD)
        self.assertIn('compare with the snapshots that Cinder has', finding.repair)
        self.assert_mended(Kind.MISSING_RECORD)
        self.assertEqual({'active': SECOND, 'a1': FIRST, 'b2': SECOND}, self.record())
        self.assert_intact()

    def test_record_that_was_being_written_when_the_other_one_was_emptied(self):
        self.path(RECORD).write_bytes(b'')
        prepared = self.path(f'{RECORD}.tmp')
        prepared.write_text('{"active": "' + SECOND + '"}')
        self.repair()
        self.assertEqual(SECOND, self.record()['active'])
        (kept,) = self.path(RECORD).parent.glob(f'{RECORD}.tmp.replaced-*')
        self.assertIn(SECOND, kept.read_text())

    def test_missing_record_where_two_files_could_be_active(self):
        self.path(RECORD).unlink()
        self.make_overlay(THIRD, FIRST, 'qcow2')
        self.assert_left_alone(Kind.MISSING_RECORD)

    def test_record_with_a_snapshot_that_was_merged(self):
        # Committed, or pulled into the active file: then that one would stand for "c3".
        self.save_record({'active': SECOND, 'a1': FIRST, 'b2': SECOND, 'c3': THIRD})
        self.assert_left_alone(Kind.RECORD_DISAGREES, RECORD, THIRD)

    def test_record_without_a_snapshot_that_the_chain_has(self):
        self.save_record({'active': SECOND, 'b2': SECOND})
        self.assert_mended(Kind.RECORD_DISAGREES, RECORD, FIRST)
        self.assertEqual({'active': SECOND, 'a1': FIRST, 'b2': SECOND}, self.record())

    def test_what_a_record_says_of_a_linked_overlay_is_kept(self):
        self.save_record({'active': SECOND, 'x9': SECOND})
        self.assert_mended(Kind.RECORD_DISAGREES)
        self.assertEqual({'active': SECOND, 'a1': FIRST, 'x9': SECOND}, self.record())

    def test_record_whose_active_file_has_overlays_of_its_own(self):
        self.save_record({'active': FIRST, 'a1': FIRST, 'b2': SECOND})
        self.assert_left_alone(Kind.RECORD_DISAGREES, RECORD, SECOND)

    def test_record_of_a_volume_whose_files_are_gone(self):
        for name in (VOLUME, FIRST, SECOND):
            self.path(name).unlink()
        finding = self.assert_left_alone(Kind.MISSING_FILE)
        self.assertIs(Severity.WARNING, finding.severity)


class MissingTest(DamageCase):
    def test_missing_base(self):
        self.path(VOLUME).unlink()
        self.assert_left_alone(Kind.MISSING_FILE, VOLUME, FIRST)

    def test_missing_overlay(self):
        self.path(FIRST).unlink()
        self.assert_left_alone(Kind.MISSING_FILE, FIRST, SECOND)

    def test_missing_active_file(self):
        self.path(SECOND).unlink()
        self.assert_left_alone(Kind.MISSING_FILE, SECOND, RECORD)


class LeftoverTest(DamageCase):
    def age(self, name):
        then = self.path(name).stat().st_mtime - HOURS
        os.utime(self.path(name), (then, then))

    def test_overlay_that_nothing_refers_to_and_nobody_has_written(self):
        self.make_overlay(THIRD, SECOND, 'qcow2')
        outcomes = self.assert_mended(Kind.ORPHAN, THIRD)
        self.assertIn(outcomes[0].kept, self.names())
        self.assertNotIn(THIRD, self.names())
        self.assert_intact()

    def test_overlay_that_was_withdrawn(self):
        self.make(THIRD, b'')
        self.assert_mended(Kind.ORPHAN, THIRD)

    def test_overlay_of_a_volume_without_record_that_was_withdrawn(self):
        self.make(f'{NEIGHBOUR}.c3', b'')
        self.assertEqual([Kind.ORPHAN], [finding.kind for finding in self.audit()])

    def test_overlay_that_nothing_refers_to_and_that_holds_data(self):
        self.make_overlay(THIRD, SECOND, 'qcow2')
        write_block(self.path(THIRD), 'qcow2', 3, 68)
        finding = self.assert_left_alone(Kind.ORPHAN, THIRD)
        self.assertIn('it holds data', finding.meaning)

    def test_base_that_was_pulled_into_an_overlay(self):
        self.path(SECOND).unlink()
        self.path(FIRST).unlink()
        self.make_overlay(FIRST, None, None)
        self.save_record({'active': FIRST})
        self.assert_left_alone(Kind.ORPHAN, VOLUME)

    def test_temporary_file(self):
        self.make(f'{SECOND}.tmp', b'half')
        self.age(f'{SECOND}.tmp')
        self.assert_mended(Kind.TEMPORARY, f'{SECOND}.tmp')
        self.assertNotIn(f'{SECOND}.tmp', self.names())

    def test_young_temporary_file_may_be_of_an_operation_under_way(self):
        self.make(f'{VOLUME}.tmp', b'half')
        finding = self.assert_left_alone(Kind.TEMPORARY, f'{VOLUME}.tmp')
        self.assertIs(Severity.HINT, finding.severity)

    def test_journal_of_a_creation_that_had_not_begun(self):
        self.make(JOURNAL, b'{"operation": "create", "snapshot": "c3", "removes": null}')
        outcomes = self.assert_mended(Kind.JOURNAL, JOURNAL)
        self.assertNotIn(JOURNAL, self.names())
        self.assertIn(b'create', self.path(outcomes[0].kept).read_bytes())

    def test_journal_of_a_creation_explains_its_overlay(self):
        self.make(JOURNAL, b'{"operation": "create", "snapshot": "c3", "removes": null}')
        self.make_overlay(THIRD, SECOND, 'qcow2')
        finding = self.assert_left_alone(Kind.JOURNAL, JOURNAL, THIRD)
        self.assertIn('The creation of snapshot c3 was interrupted', finding.meaning)

    def test_journal_of_a_first_creation_explains_that_there_is_no_record(self):
        content = {'operation': 'create', 'snapshot': 'a1', 'removes': None}
        self.make(JOURNAL, json.dumps(content).encode())
        self.path(RECORD).unlink()
        self.path(SECOND).unlink()
        self.assert_left_alone(Kind.JOURNAL, JOURNAL, FIRST)

    def test_journal_of_a_deletion_explains_what_the_record_says(self):
        self.make(
            JOURNAL, f'{{"operation":"delete","snapshot":"a1","removes":"{FIRST}"}}'.encode()
        )
        self.rebase(SECOND, VOLUME, 'raw')
        finding = self.assert_left_alone(Kind.JOURNAL, JOURNAL, FIRST)
        self.assertIn('next operation of cinder-volume on the volume settles it', finding.repair)

    def test_journal_that_can_not_be_read(self):
        self.make(JOURNAL, b'{')
        finding = self.assert_left_alone(Kind.JOURNAL)
        self.assertIs(Severity.ERROR, finding.severity)

    def test_journal_that_can_not_be_read_of_a_volume_without_snapshots(self):
        for name in (FIRST, SECOND, RECORD):
            self.path(name).unlink()
        self.make(JOURNAL, b'{')
        outcomes = self.assert_mended(Kind.JOURNAL, JOURNAL)
        self.assertEqual(b'{', self.path(outcomes[0].kept).read_bytes())

    def test_file_that_only_bears_the_volume_s_name(self):
        self.make(f'{RECORD}.bak', b'{}')
        finding = self.assert_left_alone(Kind.UNKNOWN_FILE, f'{RECORD}.bak')
        self.assertIs(Severity.HINT, finding.severity)


class AccessTest(DamageCase):
    def test_file_with_another_mode(self):
        self.path(FIRST).chmod(0o644)
        self.assert_mended(Kind.ACCESS, FIRST)
        self.assertEqual(0o660, builders.mode_of(self.path(FIRST)))
        self.assert_intact()

    @unittest.skipIf(os.geteuid() != 0, 'only root may give files away')
    def test_file_with_another_owner_and_group(self):
        os.chown(self.path(SECOND), 65534, 65534)
        self.assert_only(Kind.ACCESS, SECOND)
        self.repair()
        self.assertEqual((), self.audit())
        self.assertEqual(os.geteuid(), self.path(SECOND).stat().st_uid)

    def test_file_that_can_not_be_read(self):
        self.path(FIRST).chmod(0)
        found = self.as_ordinary_user(lambda: [finding.kind for finding in self.audit()])
        self.assertIn(Kind.UNREADABLE_FILE.value, found)

    def as_ordinary_user(self, ask):
        """Return the words that a process without root's rights finds."""
        answer = self.scratch / 'answer'
        answer.touch()
        answer.chmod(0o666)
        child = os.fork()
        if child == 0:
            try:
                if os.geteuid() == 0:
                    os.setresuid(65534, 65534, 65534)
                answer.write_text(' '.join(ask()))
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        return answer.read_text().split()
