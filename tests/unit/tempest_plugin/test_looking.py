# SPDX-License-Identifier: Apache-2.0
import unittest

from tempest_plugin.looking import Kind, Looks


class LooksTest(unittest.TestCase):
    def test_nothing_is_lacking_at_first(self):
        self.assertEqual('', Looks().lacking(list(Kind)))

    def test_what_was_missed_is_lacking_if_it_is_essential(self):
        looks = Looks()
        looks.missed(Kind.DATA, 'no guest')
        self.assertEqual('data not looked at: no guest', looks.lacking((Kind.DATA, Kind.FILES)))
        self.assertEqual('', looks.lacking((Kind.FILES,)))

    def test_one_look_does_not_make_up_for_one_missed(self):
        looks = Looks()
        looks.looked(Kind.DATA)
        looks.missed(Kind.DATA, 'no guest')
        looks.looked(Kind.DATA)
        self.assertEqual('data not looked at: no guest', looks.lacking((Kind.DATA,)))

    def test_all_looks_are_told(self):
        looks = Looks()
        looks.looked(Kind.FILES)
        looks.looked(Kind.FILES)
        looks.missed(Kind.DATA, 'no guest')
        told = str(looks)
        self.assertIn('files: looked at 2 times', told)
        self.assertIn('data: not looked at: no guest', told)
