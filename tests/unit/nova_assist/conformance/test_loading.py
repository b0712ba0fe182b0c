# SPDX-License-Identifier: Apache-2.0
import unittest

from nova_assist.conformance.errors import LoadError
from nova_assist.conformance.loading import load


class LoadTest(unittest.TestCase):
    def test_class(self):
        self.assertIs(LoadTest, load(f'{__name__}.LoadTest'))

    def test_what_can_not_be_loaded_is_named(self):
        for path, told in {
            'no_such_package.driver.Driver': "No module named 'no_such_package'",
            f'{__name__}.Absent': "no attribute 'Absent'",
            f'{__name__}.load': 'is no class but function',
        }.items():
            with self.subTest(path), self.assertRaises(LoadError) as caught:
                load(path)
            self.assertIn(repr(path), str(caught.exception))
            self.assertIn(told, str(caught.exception))
