# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import copy
import importlib.resources
import json
import unittest
from typing import Any

import hypothesis
import jsonschema

from nova_assist.reports import json_form
from nova_assist.reports.errors import UnreadableError
from nova_assist.reports.model import RunReport
from tests.unit.nova_assist.reports import samples


class RenderTest(unittest.TestCase):
    def test_the_report_has_what_readers_rely_on(self) -> None:
        data = json.loads(json_form.render(samples.mixed()))
        self.assertEqual('driver.nfs.NfsDriver', data['driver'])
        self.assertEqual(42, data['seed'])
        self.assertEqual('28.0.0', data['versions']['cinder'])
        self.assertEqual({'nas_secure_file_operations': 'true'}, data['options'])
        self.assertEqual('cinder (uid 64061)', data['accounts']['cinder'])
        self.assertEqual({'pass': 1, 'fail': 1, 'unknown': 1, 'not_run': 1}, data['totals'])
        self.assertEqual(
            ['pass', 'fail', 'unknown', 'not_run'], [item['verdict'] for item in data['scenarios']]
        )
        failed = data['scenarios'][1]
        self.assertLessEqual({'name', 'seconds', 'reason', 'steps'}, set(failed))
        self.assertLessEqual({'name', 'verdict', 'seconds'}, set(failed['steps'][1]))

    def test_the_schema_is_one(self) -> None:
        file = importlib.resources.files('nova_assist.reports') / 'report.schema.json'
        jsonschema.Draft202012Validator.check_schema(json.loads(file.read_text()))


class ParseTest(unittest.TestCase):
    def setUp(self) -> None:
        self.data: dict[str, Any] = json.loads(json_form.render(samples.mixed()))

    @hypothesis.given(samples.REPORTS)
    def test_any_report_is_read_back_as_it_was(self, report: RunReport) -> None:
        self.assertEqual(report, json_form.parse(json_form.render(report), 'r'))

    def test_a_key_of_a_later_version_is_accepted(self) -> None:
        self.data['weather'] = 'fine'
        self.assertEqual(samples.mixed(), json_form.parse(json.dumps(self.data), 'r'))

    def test_a_report_of_before_there_were_accounts(self) -> None:
        del self.data['options'], self.data['accounts']
        found = json_form.parse(json.dumps(self.data), 'r')
        self.assertEqual(({}, {}), (found.options, found.accounts))

    def test_what_is_wrong_and_where_is_told(self) -> None:
        def change(path: str, value: Any) -> str:
            data = copy.deepcopy(self.data)
            *way, last = path.split('.')
            place: Any = data
            for key in way:
                place = place[int(key) if key.isdigit() else key]
            place[last] = value
            return json.dumps(data)

        cases = {
            '': 'not valid JSON',
            '{"driver": ': 'not valid JSON',
            '[' * 100_000: 'not valid JSON',
            change('seconds', float('nan')): 'NaN is not a JSON number',
            '[]': r"at \$: \[\] is not of type 'object'",
            '{}': 'is a required property',
            change('seed', -1): r'at \$\.seed: -1 is less than the minimum',
            change(
                'scenarios.0.verdict', 'fine'
            ): r"at \$\.scenarios\[0\]\.verdict: 'fine' is not",
            change('scenarios.1.steps.1.findings.0.files', 'a'): r'findings\[0\]\.files',
            change('driver', ['x' * 10_000]): '…$',
        }
        for text, message in cases.items():
            with self.subTest(text[:60]), self.assertRaisesRegex(UnreadableError, message) as seen:
                json_form.parse(text, 'some/report.json')
            self.assertTrue(str(seen.exception).startswith('some/report.json '))
