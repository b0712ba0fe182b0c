# SPDX-License-Identifier: Apache-2.0
import unittest

from console_guest.protocol import Found
from tempest_plugin.judges.data import faults


class DataTest(unittest.TestCase):
    def test_any_number_between_is_right(self):
        for records in (3, 4, 5):
            self.assertEqual([], faults(Found('d', records, 0), least=3, most=5))
        self.assertEqual([], faults(Found('d', 500, 0), least=3))

    def test_each_bad_disk_is_one_fault(self):
        for found, told in (
            (Found('d', 4, 2), '2 blocks that are not what was written'),
            (Found('d', 1, 0), '1 records, expected at least 3: 2 are lost'),
            (Found('d', 9, 0), '9 records, expected at most 5'),
        ):
            with self.subTest(told):
                (fault,) = faults(found, least=3, most=5)
                self.assertIn(told, fault)
