# SPDX-License-Identifier: Apache-2.0
"""Deaths show what is wrong with a driver that is broken on purpose, and say where."""

import unittest

from tests.judged import judged

_BROKEN = 'tests.functional.broken_drivers'


class CaughtTest(unittest.TestCase):
    def assert_caught(self, driver, name, words):
        found = judged(f'{_BROKEN}.{driver}', '--crash', scenarios=(name,))
        self.assertEqual(1, found.code, found.said)
        self.assertRegex('\n'.join(found.faults(name)), words)
        self.assertIn('death 3, before: open volume-', found.said)
        self.assertIn(f'--crash --scenario {name}', found.said)

    def test_driver_that_settles_nothing_at_its_start(self):
        self.assert_caught(
            'SettlesNothing', 'delete-only-offline-raw@3', 'snapshot s1 is stuck in deleting'
        )

    def test_operation_that_fails_without_a_death(self):
        found = judged(
            f'{_BROKEN}.ForgetsRecord',
            *('--crash', '--sample', '1'),
            scenarios=('delete-only-offline-raw',),
        )
        self.assertEqual(1, found.code, found.said)
        self.assertIn('without a death', found.said)
