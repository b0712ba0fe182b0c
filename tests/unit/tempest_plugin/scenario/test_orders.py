# SPDX-License-Identifier: Apache-2.0
import unittest

from tempest_plugin.scenario import orders


class OrdersTest(unittest.TestCase):
    def test_ends_are_taken_in_turns(self):
        self.assertEqual([0, 3, 1, 2], orders.from_both_ends(4))
        self.assertEqual([0, 4, 1, 3, 2], orders.from_both_ends(5))

    def test_every_second_leaves_the_others_for_later(self):
        self.assertEqual([0, 2, 4, 1, 3], orders.every_second_first(5))

    def test_each_snapshot_is_deleted_once(self):
        for order in (orders.from_both_ends, orders.every_second_first):
            for depth in range(12):
                with self.subTest(order=order.__name__, depth=depth):
                    self.assertEqual(list(range(depth)), sorted(order(depth)))
