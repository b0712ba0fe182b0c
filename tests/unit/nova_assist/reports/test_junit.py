# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import unittest
from xml.etree import ElementTree

import hypothesis

from nova_assist.reports import junit
from nova_assist.reports.model import RunReport
from tests.unit.nova_assist.reports import samples


def parse(report: RunReport) -> ElementTree.Element:
    return ElementTree.fromstring(junit.render(report).encode())


class JUnitTest(unittest.TestCase):
    def setUp(self) -> None:
        self.suite = parse(samples.mixed())[0]
        self.cases = {case.get('name'): case for case in self.suite.iter('testcase')}

    def test_the_suite_counts_each_verdict(self) -> None:
        counts = {
            name: self.suite.get(name) for name in ('tests', 'failures', 'errors', 'skipped')
        }
        self.assertEqual({'tests': '4', 'failures': '1', 'errors': '1', 'skipped': '1'}, counts)
        self.assertEqual('8.000', self.suite.get('time'))

    def test_a_pass_is_a_case_without_complaint(self) -> None:
        case = self.cases['offline-chain-raw']
        self.assertEqual(['system-out'], [child.tag for child in case])
        self.assertEqual('1.500', case.get('time'))

    def test_a_fail_is_a_failure_that_names_the_fault(self) -> None:
        failure = self.cases['online-chain-qcow2'].find('failure')
        assert failure is not None
        self.assertEqual(
            'data: block 7 of snapshot second has the data of a later time',
            failure.get('message'),
        )
        for words in ('delete the middle', '<of "second"> &', '0x2b', 'volume-1.8f1c', 'repeat: '):
            self.assertIn(words, failure.text or '')

    def test_an_unknown_is_an_error(self) -> None:
        error = self.cases['reboot-raw'].find('error')
        assert error is not None
        self.assertEqual('the data judge crashed: OSError', error.get('message'))

    def test_what_was_not_run_is_skipped_with_its_reason(self) -> None:
        skipped = self.cases['extend-raw'].find('skipped')
        assert skipped is not None
        self.assertEqual("the driver can't extend", skipped.get('message'))

    def test_the_versions_are_properties(self) -> None:
        values = {item.get('name'): item.get('value') for item in self.suite.iter('property')}
        self.assertEqual('28.0.0', values['version of cinder'])
        self.assertEqual('42', values['seed'])

    @hypothesis.given(samples.REPORTS)
    def test_any_report_is_well_formed(self, report: RunReport) -> None:
        self.assertEqual(len(report.scenarios), len(list(parse(report).iter('testcase'))))
