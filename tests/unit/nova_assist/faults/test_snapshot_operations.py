# SPDX-License-Identifier: Apache-2.0
import unittest

from nova_assist.faults.snapshot_operations import gives_up_soon


class GivesUpSoonTest(unittest.TestCase):
    def told(self, create, delete):
        return gives_up_soon(
            {'nfs_assisted_create_timeout': create, 'nfs_assisted_delete_timeout': delete}
        )

    def test_both_times_are_short(self):
        self.assertTrue(self.told('10', '20'))

    def test_one_is_not_given(self):
        self.assertFalse(gives_up_soon({'nfs_assisted_create_timeout': '10'}))

    def test_one_is_long(self):
        self.assertFalse(self.told('10', '7200'))

    def test_one_is_no_number(self):
        self.assertFalse(self.told('ten', '10'))
