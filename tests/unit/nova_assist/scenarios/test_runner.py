# SPDX-License-Identifier: Apache-2.0
"""Which scenarios there are, and which are chosen."""

import contextlib
import threading
import unittest

from nova_assist import scenarios
from nova_assist.reports.model import Verdict
from nova_assist.scenarios.runner import STORIES, select
from nova_assist.scenarios.story import FORMATS


class SelectTest(unittest.TestCase):
    def names(self, *wanted):
        return [scenario.name for scenario in select(wanted)]

    def test_every_story_is_told_for_both_formats(self):
        listed = scenarios.all_scenarios()
        self.assertEqual(len(STORIES) * len(FORMATS), len({each.name for each in listed}))
        for each in listed:
            self.assertTrue(each.description)

    def test_scenarios_are_played_in_the_listed_order(self):
        self.assertEqual(
            ['offline-chain-raw', 'mixed-qcow2'], self.names('mixed-qcow2', 'offline-chain-raw')
        )

    def test_story_stands_for_both_formats(self):
        self.assertEqual(['mixed-raw', 'mixed-qcow2'], self.names('mixed', 'mixed-raw'))

    def test_volumes_that_are_moved_are_of_both_formats_that_of_new_ones_first(self):
        found = {each.name: each.formats for each in select(['retype', 'mixed-qcow2'])}
        self.assertEqual(('raw', 'qcow2'), found['retype-raw'])
        self.assertEqual(('qcow2', 'raw'), found['retype-qcow2'])
        self.assertEqual(('qcow2',), found['mixed-qcow2'])

    def test_unknown_name_is_refused_before_anything_is_played(self):
        with self.assertRaisesRegex(scenarios.UnknownScenario, 'mxed.*offline-chain-raw'):
            scenarios.run(None, ['mxed'], 1, None, str)


class Silent:
    """Is told what happens, and keeps who played."""

    def __init__(self):
        self.started = []

    def scenario_started(self, name, index, total):
        self.started.append((name, index, total))

    def scenario_finished(self, result):
        pass


class EndedTestbed:
    """A cloud in which nothing can be played, by its name."""

    def __init__(self, name):
        self.name = name

    def ended(self):
        return f'the {self.name} has ended'

    def lanes(self, formats):
        return {(self.name, each) for each in formats}

    def judges(self, formats):
        return contextlib.nullcontext(())


class ApartTest(unittest.TestCase):
    def setUp(self):
        self.listener = Silent()

    def run_apart(self, *testbeds, names=('offline-chain', 'online-chain', 'mixed-raw')):
        return list(scenarios.run_apart(testbeds, names, 1, self.listener, str))

    def test_every_other_story_is_played_in_the_second_cloud(self):
        found = self.run_apart(
            lambda stop: EndedTestbed('first'), lambda stop: EndedTestbed('second')
        )
        self.assertEqual({Verdict.NOT_RUN}, {result.verdict for result in found})
        self.assertEqual(
            {
                'offline-chain-raw': 'the first has ended',
                'offline-chain-qcow2': 'the first has ended',
                'online-chain-raw': 'the second has ended',
                'online-chain-qcow2': 'the second has ended',
                'mixed-raw': 'the first has ended',
            },
            {result.name: result.reason for result in found},
        )
        self.assertEqual([1, 2, 3, 4, 5], sorted(index for _, index, _ in self.listener.started))

    def test_what_needs_two_shares_is_played_after_the_others_of_its_cloud(self):
        self.run_apart(
            lambda stop: EndedTestbed('first'), names=('retype', 'damaged-record', 'offline-chain')
        )
        order = [name for name, _, _ in self.listener.started]
        self.assertEqual(['retype-raw', 'retype-qcow2'], order[-2:])

    def test_cloud_that_does_not_come_up_ends_all(self):
        stopped = threading.Event()

        def fail(stop):
            raise OSError('no second cloud')

        def wait(stop):
            self.assertTrue(stop.wait(10))
            stopped.set()
            return EndedTestbed('first')

        with self.assertRaisesRegex(OSError, 'no second cloud'):
            self.run_apart(wait, fail)
        self.assertTrue(stopped.is_set())
