# SPDX-License-Identifier: Apache-2.0
import unittest

from tempest_plugin.scenario.ledger import Bounds, Ledger


class LedgerTest(unittest.TestCase):
    def setUp(self):
        self.ledger = Ledger()

    def test_a_snapshot_lies_between_what_was_heard_before_and_after(self):
        self.ledger.hear(10)
        self.ledger.take('s1')
        self.assertEqual(Bounds(10), self.ledger.bounds('s1'))
        self.ledger.hear(25)
        self.ledger.hear(40)
        self.assertEqual(Bounds(10, 25), self.ledger.bounds('s1'))
        self.assertEqual(40, self.ledger.least)

    def test_what_was_said_before_is_no_upper_bound(self):
        self.ledger.take('s1')
        self.ledger.remember(12)
        self.assertEqual(Bounds(0), self.ledger.bounds('s1'))
        self.ledger.take('s2')
        self.assertEqual(Bounds(12), self.ledger.bounds('s2'))

    def test_old_news_lose_no_records(self):
        self.ledger.hear(30)
        self.ledger.remember(7)
        self.assertEqual(30, self.ledger.least)

    def test_each_snapshot_has_bounds_of_its_own_until_it_is_dropped(self):
        for ident, records in (('s1', 5), ('s2', 8), ('s3', 9)):
            self.ledger.take(ident)
            self.ledger.hear(records)
        self.ledger.drop('s2')
        self.assertRaises(KeyError, self.ledger.bounds, 's2')
        self.assertEqual(Bounds(0, 5), self.ledger.bounds('s1'))
        self.assertEqual(Bounds(8, 9), self.ledger.bounds('s3'))

    def test_a_reverted_volume_has_no_more_than_the_snapshot(self):
        self.ledger.hear(5)
        self.ledger.take('s1')
        self.ledger.hear(9)
        self.ledger.hear(50)
        self.assertEqual(Bounds(5, 9), self.ledger.revert('s1'))
        self.assertEqual(5, self.ledger.least)
        self.ledger.hear(6)
        self.assertEqual(Bounds(5, 9), self.ledger.bounds('s1'))
