# SPDX-License-Identifier: Apache-2.0
"""What is made of a driver that Cinder doesn't start with."""

import pathlib
import unittest

from nova_assist.cloud.errors import ServiceError
from nova_assist.reports.model import Verdict
from nova_assist.scenarios.drivers import Drivers
from nova_assist.scenarios.errors import NotPossible, StepFailed


class FakeCloud:
    """A cloud whose Cinder starts with none of some drivers."""

    def __init__(self, *failing):
        self.driver = 'judged'
        self.failing = failing
        self.started = []

    def switch_driver(self, driver):
        self.driver = driver
        if driver in self.failing:
            raise ServiceError('cinder', f'no {driver}', pathlib.Path('log'))
        self.started.append(driver)


class DriversTest(unittest.TestCase):
    def drivers(self, *failing):
        self.cloud = FakeCloud(*failing)
        return Drivers(self.cloud)

    def test_judged_driver_that_does_not_start_after_another_is_to_blame(self):
        drivers = self.drivers('judged')
        drivers.switch('other')
        with self.assertRaises(StepFailed) as raised:
            drivers.switch('judged')
        self.assertIs(Verdict.FAIL, raised.exception.finding.verdict)
        self.assertEqual(
            'Cinder does not start with judged where it starts with other: no judged',
            str(raised.exception),
        )
        self.assertEqual(['other', 'other'], self.cloud.started)

    def test_nothing_is_known_of_it_if_neither_starts_any_more(self):
        drivers = self.drivers('judged')
        drivers.switch('other')
        self.cloud.failing = ('judged', 'other')
        with self.assertRaisesRegex(ServiceError, 'no other'):
            drivers.switch('judged')

    def test_nothing_is_known_of_it_if_another_does_not_start(self):
        with self.assertRaisesRegex(ServiceError, 'no other'):
            self.drivers('other').switch('other')

    def test_nothing_is_known_of_it_if_it_ran_before(self):
        with self.assertRaisesRegex(ServiceError, 'no judged'):
            self.drivers('judged').switch('judged')
        self.assertEqual([], self.cloud.started)

    def test_judged_driver_is_back_for_the_next_scenario(self):
        drivers = self.drivers()
        drivers.restore()
        self.assertEqual([], self.cloud.started)
        drivers.switch('other')
        drivers.restore()
        self.assertEqual(['other', 'judged'], self.cloud.started)

    def test_nothing_is_played_with_another_than_the_judged_driver(self):
        drivers = self.drivers('judged')
        drivers.switch('other')
        with self.assertRaisesRegex(NotPossible, 'no judged'):
            drivers.restore()
