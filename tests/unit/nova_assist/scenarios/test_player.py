# SPDX-License-Identifier: Apache-2.0
"""Whose the files should be, and how a scenario ends that is cut short."""

import os
import pathlib
import tempfile
import unittest

from nova_assist.checks.scene import Ownership
from nova_assist.cloud.shares import ShareView
from nova_assist.reports.model import ScenarioResult, Step, Verdict
from nova_assist.scenarios.player import cut_short, expected_ownership


class OwnershipTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.share = ShareView('localhost:/raw', pathlib.Path(folder.name))

    def test_files_are_ours_and_open_to_all(self):
        expected = Ownership(os.geteuid(), os.getegid(), 0o666)
        self.assertEqual(expected, expected_ownership(self.share, {}))
        self.assertEqual([], list(self.share.path.iterdir()))

    def test_secure_permissions_close_files_to_others(self):
        for value, mode in (('true', 0o660), ('True', 0o660), ('false', 0o666)):
            with self.subTest(value):
                options = {'nas_secure_file_permissions': value}
                self.assertEqual(mode, expected_ownership(self.share, options).mode)

    @unittest.skipUnless(os.geteuid() == 0, 'only root may give files away')
    def test_files_have_the_group_of_a_share_that_passes_it_on(self):
        os.chown(self.share.path, -1, 64055)
        self.share.path.chmod(0o2770)
        self.assertEqual(64055, expected_ownership(self.share, {}).gid)


class CutShortTest(unittest.TestCase):
    def ended(self, *verdicts, reason='', verdict=Verdict.NOT_RUN):
        steps = [Step('step', each) for each in verdicts]
        result = ScenarioResult('x', reason=reason, steps=steps)
        cut_short(result, verdict, 'stopped')
        return result.verdict, result.reason

    def test_scenario_that_had_not_failed_was_not_run(self):
        self.assertEqual((Verdict.NOT_RUN, 'stopped'), self.ended())
        self.assertEqual((Verdict.NOT_RUN, 'stopped'), self.ended(Verdict.PASS, Verdict.NOT_RUN))

    def test_step_that_failed_before_counts(self):
        for verdict in (Verdict.NOT_RUN, Verdict.UNKNOWN):
            found = self.ended(
                Verdict.PASS, Verdict.FAIL, Verdict.NOT_RUN, reason='lost', verdict=verdict
            )
            self.assertEqual((Verdict.FAIL, 'lost'), found)

    def test_crash_is_unknown(self):
        self.assertEqual(
            (Verdict.UNKNOWN, 'stopped'), self.ended(Verdict.PASS, verdict=Verdict.UNKNOWN)
        )
