# SPDX-License-Identifier: Apache-2.0
"""Volumes are settled one by one, past those that are locked or for others to settle."""

import contextlib
import unittest

from driver import settling


class SettlingTest(unittest.TestCase):
    def setUp(self):
        self.locked = set()
        self.done = []

    @contextlib.contextmanager
    def try_lock(self, volume_id):
        yield volume_id not in self.locked

    def test_what_is_locked_is_left_alone_and_told(self):
        self.locked = {'b'}
        busy = settling.each(['c', 'b', 'a'], self.try_lock, self.done.append)
        self.assertEqual((['a', 'c'], {'b'}), (self.done, busy))

    def test_what_can_not_be_settled_keeps_no_other_from_it(self):
        def act(volume_id):
            self.done.append(volume_id)
            raise ValueError(volume_id)

        with self.assertLogs('driver.settling', 'ERROR'):
            busy = settling.each(['a', 'b'], self.try_lock, act)
        self.assertEqual((['a', 'b'], set()), (self.done, busy))

    def test_what_is_for_others_to_settle_is_left_alone(self):
        self.locked = {'a'}
        only = settling.only(lambda volume_id: volume_id != 'b', self.try_lock)
        busy = settling.each(['a', 'b', 'c'], only, self.done.append)
        self.assertEqual((['c'], {'a', 'b'}), (self.done, busy))
