# SPDX-License-Identifier: Apache-2.0
"""Volumes are settled one by one, past those that are locked or for others to settle."""

import contextlib
import unittest

import tooz

from driver import exceptions, settling


class SettlingCase(unittest.TestCase):
    def setUp(self):
        self.locked = set()
        self.done = []

    @contextlib.contextmanager
    def try_lock(self, volume_id):
        yield volume_id not in self.locked

    def failing(self, error):
        def act(volume_id):
            raise error

        return act


class SettlingTest(SettlingCase):
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

    def test_what_may_go_by_itself_is_settled_later(self):
        errors = [exceptions.FileInUse('x'), tooz.ToozError('x')]
        for error in (*errors, settling.Busy('x')):
            with self.subTest(type(error).__name__), self.assertLogs('driver.settling'):
                busy = settling.each(['a'], self.try_lock, self.failing(error))
                self.assertEqual({'a'}, busy)


class LookTest(SettlingCase):
    def look(self, ours='abc'):
        return settling.Look(ours.__contains__, self.try_lock)

    def test_what_is_for_others_to_settle_is_left_alone(self):
        self.locked = {'a'}
        look = self.look('ac')
        busy = settling.each(['a', 'b', 'c'], look.own, self.done.append)
        self.assertEqual((['c'], {'a', 'b'}), (self.done, busy))
        self.assertEqual({'a'}, look.passed_over)

    def test_what_is_for_whoever_comes_is_settled_and_not_remembered(self):
        self.locked = {'c'}
        look = self.look('')
        settling.each(['a', 'b', 'c'], look.free, self.done.append)
        self.assertEqual((['a', 'b'], set()), (self.done, look.passed_over))

    def test_what_somebody_has_open_is_remembered_and_what_is_broken_is_not(self):
        look = self.look()
        for error in (exceptions.FileInUse('x'), exceptions.ChainError('x')):
            with self.assertLogs('driver.settling', 'ERROR'):
                settling.each([f'{"ab"[not look.passed_over]}'], look.own, self.failing(error))
        self.assertEqual({'b'}, look.passed_over)
