# SPDX-License-Identifier: Apache-2.0
"""How a scenario ends that is cut short."""

import unittest

from nova_assist.reports.model import ScenarioResult, Step, Verdict
from nova_assist.scenarios.player import cut_short


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
