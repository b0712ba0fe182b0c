# SPDX-License-Identifier: Apache-2.0
"""Which scenarios there are, and which are chosen."""

import unittest

from nova_assist import scenarios
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
