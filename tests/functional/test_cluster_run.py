# SPDX-License-Identifier: Apache-2.0
"""Scenarios whose requests go to either of two Cinders; one of them kills the second."""

from nova_assist.reports.model import Verdict
from nova_assist.scenarios import cluster, online_chain
from nova_assist.scenarios.clustered import ClusteredTestbed
from tests.functional.clusters import ClusterCase
from tests.lab import stories


class RunTest(ClusterCase):
    def test_one_of_two_dies_and_the_other_goes_on(self):
        with self.cloud.peer() as peer:
            [result] = stories.play_in(
                ClusteredTestbed(self.cloud, peer), [cluster.STORY], ['qcow2']
            )
        self.assertEqual(Verdict.PASS, result.verdict, result.reason)

    def test_requests_go_to_both(self):
        with self.cloud.peer() as peer:
            testbed = ClusteredTestbed(self.cloud, peer)
            [result] = stories.play_in(testbed, [online_chain.STORY], ['qcow2'])
        self.assertEqual(Verdict.PASS, result.verdict, result.reason)
        for log in (self.cloud.cinder.log, peer.log):
            self.assertIn('"POST /v3/snapshots', log.read_text())

    def test_with_one_it_is_not_run(self):
        [result] = stories.play(self.cloud, [cluster.STORY], ['qcow2'])
        self.assertEqual(Verdict.NOT_RUN, result.verdict)
        self.assertIn('--cluster', result.reason)
