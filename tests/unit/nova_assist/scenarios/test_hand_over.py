# SPDX-License-Identifier: Apache-2.0
"""Where volumes can be handed over, and how a hand-over ends that fails."""

import contextlib
import types
import unittest

from nova_assist.reports.model import Step
from nova_assist.scenarios import hand_over
from nova_assist.scenarios.errors import Interrupted, NotPossible, StepEnded


class FakeDrivers:
    """Drivers that are changed, until one ends the story."""

    def __init__(self, judged='driver.nfs.NfsDriver', prefix='nfs', error=None):
        self.judged = judged
        self.prefix = prefix
        self.error = error
        self.restored = False

    def switch(self, driver):
        raise self.error

    def restore(self):
        self.restored = True
        raise NotPossible('it does not start either')


def stage(drivers, accounts=None, **options):
    context = types.SimpleNamespace(drivers=drivers, accounts=accounts, options=options)
    return types.SimpleNamespace(context=context, step=contextlib.nullcontext)


class CloudTest(unittest.TestCase):
    def refusal(self, *given, **options):
        with self.assertRaises(NotPossible) as raised:
            hand_over._drivers(stage(*given, **options))
        return str(raised.exception)

    def test_driver_of_the_same_prefix_takes_over(self):
        drivers = FakeDrivers()
        closed = {'nas_secure_file_operations': 'False', 'nas_secure_file_permissions': 'true'}
        for options in ({}, closed):
            with self.subTest(options):
                self.assertIs(drivers, hand_over._drivers(stage(drivers, **options)))

    def test_cloud_whose_driver_can_not_be_changed(self):
        self.assertIn('embedded cloud only', self.refusal(None))

    def test_driver_that_others_take_over_from(self):
        predecessor = FakeDrivers(hand_over.PREDECESSOR)
        self.assertIn('take over from', self.refusal(predecessor))

    def test_predecessor_takes_no_snapshots_in_secure_mode(self):
        self.assertIn('in secure mode', self.refusal(FakeDrivers(), 'accounts'))
        for value in ('true', 'True', 'auto'):
            with self.subTest(value):
                options = {'nas_secure_file_operations': value}
                self.assertIn('in secure mode', self.refusal(FakeDrivers(), **options))

    def test_driver_with_another_prefix_takes_nothing_over(self):
        acme = FakeDrivers('vendor.AcmeDriver', 'acme')
        self.assertIn('start with acme_', self.refusal(acme))


class EndTest(unittest.TestCase):
    def test_failure_is_told_and_not_that_the_driver_does_not_come_back(self):
        for error in (StepEnded(Step('take a snapshot')), NotPossible('a volume is in the way')):
            with self.subTest(error):
                drivers = FakeDrivers(error=error)
                with self.assertRaises(type(error)) as raised:
                    hand_over.STORY.play(stage(drivers))
                self.assertIs(error, raised.exception)
                self.assertTrue(drivers.restored)

    def test_nothing_is_started_where_the_run_is_stopped(self):
        drivers = FakeDrivers(error=Interrupted('stopped'))
        with self.assertRaises(Interrupted):
            hand_over.STORY.play(stage(drivers))
        self.assertFalse(drivers.restored)
