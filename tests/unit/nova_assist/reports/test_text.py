# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import unittest

import hypothesis

from nova_assist.reports import text
from nova_assist.reports.model import Finding, RunReport, Step, Verdict
from tests.unit.nova_assist.reports import samples


def render(report: RunReport, width: int = 80, colour: bool = False) -> str:
    return text.render(report, width=width, colour=colour)


class TextTest(unittest.TestCase):
    def test_each_scenario_is_a_row_with_steps_verdict_and_seconds(self) -> None:
        rows = [line.split() for line in render(samples.mixed()).splitlines()]
        self.assertIn(['SCENARIO', 'STEPS', 'VERDICT', 'SECONDS'], rows)
        self.assertIn(['offline-chain-raw', '1/1', 'pass', '1.5'], rows)
        self.assertIn(['online-chain-qcow2', '1/2', 'FAIL', '1.5'], rows)
        self.assertIn(['reboot-raw', '0/0', 'UNKNOWN', '3.0'], rows)

    def test_what_was_not_looked_at_is_counted(self) -> None:
        report = samples.mixed()
        self.assertNotIn('not all was looked at', render(report))
        report.scenarios[0].steps[0].unseen = ['data of volume v1']
        steps = sum(len(result.steps) for result in report.scenarios)
        self.assertIn(f'not all was looked at after 1 of {steps} steps', render(report))

    def test_a_scenario_that_was_not_run_says_why(self) -> None:
        self.assertIn("not run: the driver can't extend", render(samples.mixed()))

    def test_accounts_and_options_are_told_where_there_are_any(self) -> None:
        report = samples.mixed()
        lines = render(report).splitlines()
        self.assertEqual('options   nas_secure_file_operations=true', lines[2])
        self.assertEqual(
            'accounts  cinder: cinder (uid 64061), root on the share: squashed', lines[3]
        )
        report.options = report.accounts = {}
        self.assertEqual('', render(report).splitlines()[2])

    def test_a_failure_is_told_in_full(self) -> None:
        lines = [line.strip() for line in render(samples.mixed()).splitlines()]
        begin = lines.index('FAIL  online-chain-qcow2')
        self.assertEqual(
            [
                'FAIL at step: delete the middle snapshot (2.0 s)',
                'data: block 7 of snapshot second has the data of a later time',
                'expected  pattern 0x2a <of "second"> & nothing else',
                'found     pattern 0x2b',
                'file      volume-1.info',
                'file      volume-1.8f1c',
                'repeat    nova-assist run --scenario online-chain-qcow2',
            ],
            lines[begin + 1 : begin + 8],
        )

    def test_a_reason_that_repeats_a_finding_is_not_told_twice(self) -> None:
        result = samples.failed()
        result.reason = f'step "delete": {samples.FINDING.fault}'
        self.assertNotIn('step "delete"', render(samples.report(result)))
        result.reason = 'and the server is gone'
        self.assertIn('and the server is gone', render(samples.report(result)))

    def test_an_unknown_scenario_is_told_too(self) -> None:
        words = render(samples.report(samples.unknown()))
        self.assertIn('the data judge crashed: OSError', words)
        self.assertIn('repeat    repeat me', words)

    def test_a_passed_run_has_nothing_below_the_table_but_the_totals(self) -> None:
        words = render(samples.report(samples.passed()))
        self.assertNotIn('repeat', words)
        self.assertIn(
            '1 passed, 0 failed, 0 unknown, 0 not run\n8.0 s, 3.0 s of them start-up; seed 42\n',
            words,
        )

    def test_in_a_narrow_terminal_only_what_is_to_be_copied_is_wide(self) -> None:
        result = samples.failed()
        result.repeat = f'nova-assist run --scenario {"x" * 100}'
        words = render(samples.report(result, samples.not_run()), width=40)
        wide = [line.strip() for line in words.splitlines() if len(line) > 40]
        self.assertEqual([f'repeat    {result.repeat}'], wide)

    def test_a_wide_terminal_breaks_nothing(self) -> None:
        result = samples.not_run()
        result.reason = 'because ' * 20
        self.assertIn(f'not run: {result.reason.strip()}', render(samples.report(result), 250))

    def test_there_are_colours_only_where_asked_for(self) -> None:
        self.assertNotIn('\x1b', render(samples.mixed()))
        self.assertIn('\x1b[1;31mFAIL', render(samples.mixed(), colour=True))

    def test_what_a_file_is_called_does_not_steer_the_terminal(self) -> None:
        result = samples.passed()
        result.verdict = Verdict.FAIL
        finding = Finding('chain', '[red]gone[/red] :smile:', '\x1b[2J', '', ('\udcff\x07',))
        result.steps = [Step('look', Verdict.FAIL, 0.0, [finding])]
        words = render(samples.report(result))
        self.assertIn('[red]gone[/red] :smile:', words)
        self.assertIn(r'expected  \x1b[2J', words)
        self.assertIn(r'file      \udcff\x07', words)

    def test_what_is_told_of_a_cloud_does_not_steer_the_terminal(self) -> None:
        report = samples.report()
        report.cloud = {'\x1b[2J': '\x1b[1m'}
        self.assertRegex(render(report), r'\\x1b\[2J +\\x1b\[1m')

    @hypothesis.given(samples.REPORTS)
    def test_any_report_can_be_printed(self, report: RunReport) -> None:
        words = render(report, width=40)
        self.assertNotIn('\x1b', words)
        words.encode()
