# SPDX-License-Identifier: Apache-2.0
"""What the bench leaves behind, however it ends; what it measures is another matter."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Sequence
from pathlib import Path

from nova_assist.bench.errors import BenchError
from nova_assist.bench.results import CONTROL, DRIVER, Curve, Results
from nova_assist.bench.turns import Tell
from nova_assist.cli.bench import bench
from nova_assist.cli.bench_arguments import BenchArguments
from nova_assist.cli.display import PlainDisplay
from nova_assist.cli.errors import ExitCode
from nova_assist.reports.errors import FolderError
from tests.unit.nova_assist.cli.scratch import ScratchCase


class BenchTest(ScratchCase):
    def setUp(self) -> None:
        super().setUp()
        self.said = io.StringIO()
        self.depth = 1.0
        self.failure: BaseException | None = None

    def measure(self, folder: Path, results: Results, parts: Sequence[str], tell: Tell) -> None:
        (folder / 'cinder.log').touch()
        if self.depth:
            points = {name: {1: [1.0] * 5, 100: [self.depth] * 5} for name in (DRIVER, CONTROL)}
            results.curves.append(Curve('depth-create', 'create', 'depth', 'seconds', points))
        if self.failure:
            raise self.failure

    def bench(self, form: str = 'table') -> tuple[ExitCode, str]:
        told = io.StringIO()
        display = PlainDisplay(self.said)
        with contextlib.redirect_stdout(told):
            code = bench(BenchArguments(report=self.report, form=form), display, self.measure)
        return code, told.getvalue()

    def test_targets_that_are_met_are_told_and_written(self) -> None:
        code, told = self.bench('json')
        self.assertEqual(ExitCode.PASSED, code)
        self.assertEqual(told, (self.report / 'bench.json').read_text())
        self.assertIn('<svg', (self.report / 'bench.html').read_text())
        self.assertEqual([], list(self.working.iterdir()))

    def test_target_that_is_missed_fails(self) -> None:
        self.depth = 2.0
        code, told = self.bench('json')
        self.assertEqual(ExitCode.FAILED, code)
        missed = [
            each['target'] for each in json.loads(told)['targets'] if each['verdict'] == 'missed'
        ]
        self.assertEqual(['offline create at depth 100, against depth 1'], missed)

    def test_table_is_printed_unless_another_form_is_asked_for(self) -> None:
        _, told = self.bench()
        self.assertIn('TARGET', told)

    def test_what_was_measured_before_a_failure_is_kept_and_so_is_the_log(self) -> None:
        self.failure = BenchError('the disk is full')
        with self.assertRaises(BenchError):
            self.bench()
        (curve,) = json.loads((self.report / 'bench.json').read_text())['curves']
        self.assertEqual('depth-create', curve['name'])
        (kept,) = self.working.iterdir()
        self.assertTrue((kept / 'cinder.log').exists())
        self.assertIn(str(kept), self.said.getvalue())

    def test_what_was_measured_before_an_interrupt_is_kept(self) -> None:
        self.failure = KeyboardInterrupt()
        with self.assertRaises(KeyboardInterrupt):
            self.bench()
        self.assertTrue((self.report / 'bench.json').exists())
        self.assertEqual([], list(self.working.iterdir()))

    def test_earlier_report_is_gone_after_a_bench_that_has_measured_nothing(
        self,
    ) -> None:
        self.bench()
        self.depth, self.failure = 0.0, BenchError('no cloud')
        with self.assertRaises(BenchError):
            self.bench()
        self.assertEqual([], list(self.report.iterdir()))

    def test_report_that_cannot_be_written_is_told_before_anything_is_measured(self) -> None:
        self.report.write_text('a file')
        self.failure = AssertionError('measured all the same')
        with self.assertRaisesRegex(FolderError, '--report'):
            self.bench()
