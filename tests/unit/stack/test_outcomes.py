# SPDX-License-Identifier: Apache-2.0
"""What is said of faults on a stack, and what is held against them."""

import json
import pathlib
import tempfile
import unittest

from console_guest.protocol import Found
from tests.stack import outcomes
from tests.stack.deeds import expect
from tests.stack.errors import StoryError
from tests.stack.outcomes import Outcome

PASSED = Outcome('create-qemu', 'overlay made', ('error', 'gone'), '', 61.4)
FAILED = Outcome('delete-older-qemu', '', ('deleting',), 'files are left: a', 7.0)


class TableTest(unittest.TestCase):
    def test_fault_is_told_and_counted(self):
        told = outcomes.table([PASSED, FAILED]).splitlines()
        self.assertIn('passed', told[1])
        self.assertIn('error, then gone', told[1])
        self.assertIn('FAILED', told[2])
        self.assertEqual(['delete-older-qemu: files are left: a', '2 cases, 1 passed'], told[-2:])

    def test_programs_read_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, 'faults.json')
            outcomes.save([PASSED, FAILED], file)
            read = json.loads(file.read_text())
        self.assertEqual(['', 'files are left: a'], [each['fault'] for each in read])


class ErrorsTest(unittest.TestCase):
    def test_errors_of_the_volume_alone_count(self):
        report = {
            'findings': [
                {'kind': 'a', 'meaning': 'lost', 'volume': 'volume-1', 'severity': 'error'},
                {'kind': 'b', 'meaning': 'odd', 'volume': 'volume-1', 'severity': 'hint'},
                {'kind': 'c', 'meaning': 'lost', 'volume': 'volume-2', 'severity': 'error'},
            ]
        }
        self.assertEqual(['a: lost'], outcomes.errors(json.dumps(report).encode(), 'volume-1'))

    def test_check_that_says_nothing_has_found_the_volume_good_in_no_way(self):
        with self.assertRaisesRegex(StoryError, 'not come to an end'):
            outcomes.errors(b'', 'volume-1')


class ExpectTest(unittest.TestCase):
    def test_what_was_written_is_there(self):
        expect(Found('disk', 10, 0), 10)
        expect(Found('disk', 12, 0), 10, 12)

    def test_lost_records_damaged_ones_and_later_ones_are_not_let_pass(self):
        for found, most in ((Found('disk', 9, 0), None), (Found('disk', 10, 1), None)):
            with self.assertRaises(StoryError):
                expect(found, 10, most)
        with self.assertRaisesRegex(StoryError, '10 to 12 records'):
            expect(Found('disk', 13, 0), 10, 12)
