# SPDX-License-Identifier: Apache-2.0
import unittest

from tempest.lib import exceptions

from tempest_plugin.services.volume import RevertClient
from tests.unit.tempest_plugin.support import SNAPSHOT, VOLUME, FakeCloud


class RevertClientTest(unittest.TestCase):
    def test_revert_names_the_snapshot(self):
        cloud = FakeCloud(RevertClient, 202)
        cloud.client.revert(VOLUME, SNAPSHOT)
        self.assertEqual(
            [('POST', f'volumes/{VOLUME}/action', {'revert': {'snapshot_id': SNAPSHOT}})],
            cloud.asked,
        )

    def test_another_success_than_documented_is_a_failure(self):
        cloud = FakeCloud(RevertClient, 200)
        self.assertRaises(exceptions.InvalidHttpSuccessCode, cloud.client.revert, VOLUME, SNAPSHOT)
