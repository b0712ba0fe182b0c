# SPDX-License-Identifier: Apache-2.0
"""Where scenarios of two formats get two clouds."""

import unittest

from nova_assist.cli import arguments, commands
from nova_assist.cli.cluster_harness import ClusterHarness
from nova_assist.cli.crash_harness import CrashHarness
from nova_assist.cli.harness import EmbeddedHarness
from nova_assist.cli.pair_harness import PairHarness


class ChoiceTest(unittest.TestCase):
    def harness(self, *words):
        return type(commands._harness(arguments.parse(words, '')))

    def test_two_clouds_where_nothing_is_given_that_only_one_can_have(self):
        for words in ((), ('--option', 'nfs_sparsed_volumes=false'), ('--shares', '2')):
            with self.subTest(words):
                self.assertIs(PairHarness, self.harness('run', *words))

    def test_one_cloud_where_something_is(self):
        for words in (
            ('--share', '/tmp'),
            ('--cinder-port', '8776'),
            ('--compute-port', '8774'),
            ('--secure', '--share', '/tmp'),
            ('--identity', 'keystone'),
            ('--identity', 'keystone', '--key-manager', 'barbican'),
        ):
            with self.subTest(words):
                self.assertIs(EmbeddedHarness, self.harness('run', *words))

    def test_other_ways_to_run_have_clouds_of_their_own(self):
        self.assertIs(ClusterHarness, self.harness('run', '--cluster'))
        self.assertIs(CrashHarness, self.harness('run', '--crash'))
        self.assertIs(EmbeddedHarness, self.harness('cloud'))
