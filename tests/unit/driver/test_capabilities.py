# SPDX-License-Identifier: Apache-2.0
import unittest

from driver import capabilities
from driver.room import Limits, Room
from tests.unit.driver.builders import GIB


class CapabilitiesTest(unittest.TestCase):
    def test_room_of_all_shares_in_gib(self):
        found = [Room(10 * GIB, 4 * GIB, 3 * GIB), Room(5 * GIB, GIB, 0)]
        told = capabilities.report(found, Limits(True, 0.07, 20.0))
        self.assertEqual((15, 5, 3), tuple(told[f'{each}_capacity_gb'] for each in _ROOM))
        self.assertEqual(
            (7, 20.0), (told['reserved_percentage'], told['max_over_subscription_ratio'])
        )

    def test_without_a_share_there_is_no_room(self):
        told = capabilities.report([], Limits(True, 0.0, 20.0))
        self.assertEqual((0, 0, 0), tuple(told[f'{each}_capacity_gb'] for each in _ROOM))

    def test_automatic_ratio_is_left_to_the_scheduler(self):
        told = capabilities.report([], Limits(True, 0.0, None))
        self.assertEqual('auto', told['max_over_subscription_ratio'])

    def test_thick_and_thin_are_told_apart(self):
        for sparse in (True, False):
            told = capabilities.report([], Limits(sparse, 0.0, 1.0))
            self.assertEqual(sparse, told['thin_provisioning_support'])
            self.assertEqual(not sparse, told['thick_provisioning_support'])

    def test_what_is_not_done_is_said_not_to_be(self):
        told = capabilities.report([], Limits(True, 0.0, 1.0))
        for each in ('multiattach', 'QoS_support', 'replication_enabled'):
            self.assertIs(False, told[each], each)


_ROOM = ('total', 'free', 'provisioned')
