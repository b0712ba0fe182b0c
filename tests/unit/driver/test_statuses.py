# SPDX-License-Identifier: Apache-2.0
"""Who looks at the same time has one query made for all; nobody sees what was before."""

import threading
import unittest

from driver import exceptions, statuses
from driver.statuses import Statuses
from nova_assist import client
from nova_assist.client import Status


class StatusesTest(unittest.TestCase):
    def setUp(self):
        self.rows = {each: Status('creating', '0%') for each in 'abc'}
        self.queries = []
        self.statuses = Statuses(self.read)
        self.set_freshness(60.0)

    def set_freshness(self, seconds):
        self.addCleanup(setattr, statuses, '_FRESH_SECONDS', statuses._FRESH_SECONDS)
        statuses._FRESH_SECONDS = seconds

    def read(self, snapshot_ids):
        self.queries.append(sorted(snapshot_ids))
        return {each: self.rows[each] for each in snapshot_ids if each in self.rows}

    def test_those_who_wait_at_once_share_a_query(self):
        with self.statuses.awaited('a') as a, self.statuses.awaited('b') as b:
            for look in (a, b, a, b):
                self.assertEqual(Status('creating', '0%'), look())
        self.assertEqual([['a', 'b']], self.queries)

    def test_what_is_not_fresh_any_more_is_read_again(self):
        self.set_freshness(0.0)
        with self.statuses.awaited('a') as look:
            look()
            self.rows['a'] = Status('creating', '90%')
            self.assertEqual('90%', look().progress)

    def test_who_begins_to_wait_again_sees_nothing_of_before(self):
        self.rows['a'] = Status('creating', '90%')
        with self.statuses.awaited('a') as look:
            self.assertEqual('90%', look().progress)
        self.rows['a'] = Status('deleting', '0%')
        with self.statuses.awaited('a') as look:
            self.assertEqual('0%', look().progress)

    def test_nobody_is_looked_for_any_more_who_does_not_wait(self):
        with self.statuses.awaited('a') as look:
            look()
        with self.statuses.awaited('b') as look:
            look()
        self.assertEqual([['a'], ['b']], self.queries)

    def test_snapshot_that_is_gone_is_named_and_disturbs_nobody_else(self):
        with self.statuses.awaited('gone') as gone, self.statuses.awaited('a') as look:
            with self.assertRaisesRegex(exceptions.StateError, 'Snapshot gone has gone'):
                gone()
            self.assertEqual('creating', look().status)

    def test_who_comes_while_a_query_is_made_gets_one_that_begins_later(self):
        begun, go_on = threading.Event(), threading.Event()

        def read(snapshot_ids):
            self.statuses._read = self.read
            begun.set()
            go_on.wait(10)
            return {each: Status('creating', '90%') for each in snapshot_ids}

        self.statuses._read = read
        with self.statuses.awaited('a') as earlier:
            thread = threading.Thread(target=earlier)
            thread.start()
            begun.wait(10)
            with self.statuses.awaited('a') as look:
                self.assertEqual('0%', look().progress)
            go_on.set()
            thread.join(10)

    def test_failure_of_a_query_is_that_of_all_who_wait_for_it(self):
        def fail(snapshot_ids):
            self.read(snapshot_ids)
            raise OSError('no database')

        failed = self.look_while_another_does(fail)
        self.assertEqual(['no database'] * 2, list(map(str, failed)))
        self.assertEqual([['a', 'b']], self.queries)

    def test_query_that_fails_is_made_again_by_the_next(self):
        def fail(snapshot_ids):
            self.statuses._read = self.read
            raise OSError('no database')

        self.statuses._read = fail
        with self.statuses.awaited('a') as look:
            with self.assertRaisesRegex(OSError, 'no database'):
                look()
            self.assertEqual('creating', look().status)

    def test_threads_share_a_query(self):
        self.assertEqual([Status('creating', '0%')] * 2, self.look_while_another_does(self.read))
        self.assertEqual([['a', 'b']], self.queries)

    def look_while_another_does(self, read):
        """Have one thread wait for the query of another; return what both see or raise.

        :param read: answers, once both wait
        """
        begun, go_on, seen = threading.Event(), threading.Event(), []

        def held(snapshot_ids):
            begun.set()
            go_on.wait(10)
            return read(snapshot_ids)

        def look_and_keep(look):
            try:
                seen.append(look())
            except OSError as error:
                seen.append(error)

        self.statuses._read = held
        with self.statuses.awaited('a') as a, self.statuses.awaited('b') as b:
            threads = [threading.Thread(target=look_and_keep, args=[look]) for look in (a, b)]
            threads[0].start()
            self.assertTrue(begun.wait(10))
            threads[1].start()
            answer = self.statuses._last.answer
            self.assertTrue(client.poll(lambda: answer._condition._waiters, bool, 10), 'it waits')
            go_on.set()
            for thread in threads:
                thread.join(10)
        return seen
