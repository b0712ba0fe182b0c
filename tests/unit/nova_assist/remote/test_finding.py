# SPDX-License-Identifier: Apache-2.0
"""What a guest finds, against what it had said, or what was seen before."""

import unittest

from console_guest.protocol import Found
from nova_assist.checks.model import Exactly, Within
from nova_assist.checks.records import RecordHistory, writes
from nova_assist.remote.finding import require
from nova_assist.scenarios.errors import StepFailed

SIZE = 1 << 30


def exactly(records):
    return Exactly(SIZE, RecordHistory('v1').state(writes(records)))


def within(low, high):
    return Within(SIZE, RecordHistory('v1'), writes(low), writes(high))


class RequireTest(unittest.TestCase):
    def refused(self, found, expected):
        with self.assertRaises(StepFailed) as caught:
            require('v1', found, expected)
        self.assertEqual('data', caught.exception.finding.judge)
        return str(caught.exception)

    def test_what_was_said_is_found(self):
        for records in (5, 7, 9):
            require('v1', Found('serial', records, 0), within(5, 9))
        require('v1', Found('serial', 5, 0), exactly(5))
        require('v1', Found('serial', 0, 0), exactly(0))

    def test_a_record_that_was_not_counted_yet_need_not_be_found(self):
        image = Exactly(SIZE, RecordHistory('v1').state(writes(5) + 1))
        require('v1', Found('serial', 5, 0), image)

    def test_fewer_are_a_loss(self):
        self.assertIn('expected 5 to 9: 2 are lost', self.refused(Found('', 3, 0), within(5, 9)))
        self.assertIn('expected 5: 5 are lost', self.refused(Found('', 0, 0), exactly(5)))

    def test_more_come_from_another_time(self):
        self.assertIn('1 come from another time', self.refused(Found('', 6, 0), exactly(5)))

    def test_blocks_that_are_no_records(self):
        self.assertIn('finds 2 blocks', self.refused(Found('', 5, 2), exactly(5)))
