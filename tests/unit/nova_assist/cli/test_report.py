# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import subprocess
import sys
from xml.etree import ElementTree

from nova_assist.reports.folder import ReportFolder
from tests.unit.nova_assist.cli.fakes import call
from tests.unit.nova_assist.cli.scratch import ScratchCase
from tests.unit.nova_assist.reports import samples


class WrittenReportCase(ScratchCase):
    def setUp(self) -> None:
        super().setUp()
        folder = ReportFolder(self.report)
        folder.prepare()
        folder.write(samples.mixed())


class ReportTest(WrittenReportCase):
    def test_each_form_is_the_one_that_the_run_wrote(self) -> None:
        for form, name in (
            ('json', 'report.json'),
            ('junit', 'junit.xml'),
            ('html', 'report.html'),
        ):
            outcome = call('report', str(self.report), '-f', form)
            self.assertEqual((0, ''), (outcome.code, outcome.stderr))
            self.assertEqual((self.report / name).read_text(), outcome.stdout)
        ElementTree.parse(self.report / 'junit.xml')

    def test_the_table_is_what_comes_unasked(self) -> None:
        self.assertIn('1 passed, 1 failed', call('report', str(self.report)).stdout)

    def test_a_folder_without_a_report_is_one_clear_line(self) -> None:
        outcome = call('report', str(self.root))
        self.assertEqual(2, outcome.code)
        self.assertRegex(outcome.stderr, r'^nova-assist: .* holds no report\.json: .*\n$')

    def test_a_damaged_report_is_one_clear_line(self) -> None:
        (self.report / 'report.json').write_text('{"driver": 1}')
        outcome = call('report', str(self.report))
        self.assertEqual(2, outcome.code)
        self.assertRegex(outcome.stderr, r'^nova-assist: .* is not a report of nova-assist: .*\n$')


class ProcessTest(WrittenReportCase):
    """The same from outside: a process, its pipes, its environment."""

    command = (sys.executable, '-m', 'nova_assist')

    def test_a_reader_that_went_away_is_no_failure(self) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        try:
            run = subprocess.run(
                [*self.command, 'report', str(self.report), '-f', 'html'],
                stdout=writing,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
        finally:
            os.close(writing)
        self.assertEqual((0, ''), (run.returncode, run.stderr))

    def test_a_locale_without_unicode_prints_what_it_can(self) -> None:
        data = json.loads((self.report / 'report.json').read_text())
        data['scenarios'][0]['name'] = 'größe→'
        (self.report / 'report.json').write_text(json.dumps(data))
        run = subprocess.run(
            [*self.command, 'report', str(self.report)],
            env={**os.environ, 'PYTHONIOENCODING': 'ascii'},
            capture_output=True,
            check=False,
        )
        self.assertEqual((0, b''), (run.returncode, run.stderr))
        self.assertIn(rb'gr\xf6\xdfe\u2192', run.stdout)

    def test_reading_a_report_loads_no_cloud(self) -> None:
        code = (
            'import sys; from nova_assist.cli.main import main; main(sys.argv[1:]);'
            'sys.exit(any(name.split(".")[0] in ("cinder", "eventlet") for name in sys.modules))'
        )
        run = subprocess.run(
            [sys.executable, '-c', code, 'report', str(self.report)],
            capture_output=True,
            check=False,
        )
        self.assertEqual(0, run.returncode, run.stderr)
