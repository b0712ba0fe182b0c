# SPDX-License-Identifier: Apache-2.0
"""What is on its way is told from what rests."""

import unittest

from nova_assist.scenarios.settling import is_under_way


class UnderWayTest(unittest.TestCase):
    def test_statuses(self):
        resting = (None, 'available', 'in-use', 'error', 'error_deleting', 'error_extending')
        self.assertEqual([], [status for status in resting if is_under_way(status)])
        moving = ('creating', 'deleting', 'attaching', 'reserved', 'backing-up', 'reverting')
        self.assertEqual([], [status for status in moving if not is_under_way(status)])
