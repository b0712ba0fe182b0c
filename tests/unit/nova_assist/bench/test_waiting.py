# SPDX-License-Identifier: Apache-2.0
"""What is waited for in a cloud whose services answer at once."""

import types
import unittest

from nova_assist.bench.errors import BenchError
from nova_assist.bench.waiting import Waiting


class FakeApi:
    """Services that know of one snapshot, and of the requests that a fault holds."""

    def __init__(self, statuses, held=0):
        self._statuses = list(statuses)
        self._held = held

    def snapshot_status(self, snapshot):
        return self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]

    def fault(self, volume):
        return types.SimpleNamespace(held=self._held)


class HeldTest(unittest.TestCase):
    def held(self, *statuses, held=0):
        return Waiting(FakeApi(statuses, held), lambda: None).held('v', 's')

    def test_deletion_that_nova_holds_is_told(self):
        self.assertTrue(self.held('deleting', held=1))

    def test_deletion_that_ends_without_nova_is_told(self):
        self.assertFalse(self.held('deleting', None))

    def test_deletion_that_fails_before_nova_has_it_is_no_wait_without_end(self):
        with self.assertRaisesRegex(BenchError, 'deletion of snapshot s is error_deleting'):
            self.held('deleting', 'error_deleting')
