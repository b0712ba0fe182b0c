# SPDX-License-Identifier: Apache-2.0
import unittest

from driver import capabilities
from driver.shares import Capacity
from tests.unit.driver.builders import GIB
from tests.unit.driver.test_shares import settings


class CapabilitiesTest(unittest.TestCase):
    def test_room_of_all_shares_in_gib(self):
        found = [Capacity(10 * GIB, 4 * GIB, 3 * GIB), Capacity(5 * GIB, GIB, 0)]
        told = capabilities.report(settings('/share', reserved=0.07), found, 20.0)
        self.assertEqual((15, 5, 3), tuple(told[f'{each}_capacity_gb'] for each in _ROOM))
        self.assertEqual(
            (7, 20.0), (told['reserved_percentage'], told['max_over_subscription_ratio'])
        )

    def test_thick_and_thin_are_told_apart(self):
        for sparse in (True, False):
            told = capabilities.report(settings('/share', sparse=sparse), [], 1.0)
            self.assertEqual(sparse, told['thin_provisioning_support'])
            self.assertEqual(not sparse, told['thick_provisioning_support'])


_ROOM = ('total', 'free', 'provisioned')
