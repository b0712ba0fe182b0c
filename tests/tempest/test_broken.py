# SPDX-License-Identifier: Apache-2.0
"""Whether the plugin's tests alone see that a driver is broken."""

import pathlib
import re
import subprocess
import sys
import unittest

_ROOT = pathlib.Path(__file__).parents[2]
_BROKEN = 'tests.functional.broken_drivers.'
_SCENARIO = r'^tempest_plugin\.scenario\.test_'


def judged(driver, regex, *options):
    """Run some of the plugin's tests, and return how that ended and what was said."""
    command = [sys.executable, '-m', 'tests.tempest.everything', '--driver', driver]
    command += ['--regex', regex, *options]
    ended = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=900)
    return ended.returncode, ended.stdout + ended.stderr


class BrokenDriverTest(unittest.TestCase):
    def assert_caught(self, driver, regex, *words, options=()):
        """Find words in what failed with a broken driver, of which nothing else is known.

        :param words: patterns, of one failure each
        """
        code, said = judged(_BROKEN + driver, regex, *options)
        self.assertEqual(1, code, said)
        failures = re.findall(r'^FAILED tempest_plugin[^\n]*\n.*?(?=^\n|\Z)', said, re.M | re.S)
        for each in words:
            self.assertTrue([text for text in failures if re.search(each, text, re.S)], said)

    def test_files_that_are_open_to_all_though_they_must_not_be(self):
        self.assert_caught(
            'Makes0666Files',
            rf'{_SCENARIO}permissions',
            'has mode 0666, expected 0660',
            options=('--option', 'nas_secure_file_permissions=true'),
        )

    def test_deletion_that_loses_data(self):
        self.assert_caught(
            'SkipsCommit',
            rf'{_SCENARIO}mixed.*test_taken_attached',
            'not what was written|records, expected at least',
        )

    def test_record_that_is_forgotten(self):
        self.assert_caught(
            'ForgetsRecord', rf'{_SCENARIO}permissions.*Detached', "to status 'error' where"
        )

    def test_copy_of_something_older(self):
        self.assert_caught(
            'CopiesBaseOnly', rf'{_SCENARIO}copies.*Clone', 'records, expected at least'
        )

    def test_files_that_are_left_of_a_volume_that_is_gone(self):
        self.assert_caught(
            'LeavesOverlays',
            r'^tempest_plugin\.api\.test_snapshot_status.*test_malformed_report',
            'files at the end: .* is left of volume',
        )

    def test_report_of_a_member_that_is_believed(self):
        lacking = 'deletion_of_the_{}_said.*Could not open .*No such file'
        self.assert_caught(
            'BelievesNova',
            r'^tempest_plugin\.api\.test_false_reports.*said_to_be_almost_done',
            'creation_said.* records, expected at least',
            lacking.format('oldest'),
            lacking.format('newest'),
        )
