# SPDX-License-Identifier: Apache-2.0
"""Secure mode under accounts of their own, on a local folder: what the lab has no time for."""

import unittest

from tests.accounts import SECURE, among_accounts, refusal
from tests.judged import IN_TREE, OURS, judged

_REFUSAL = refusal()


@unittest.skipIf(_REFUSAL, _REFUSAL)
class SecureTest(unittest.TestCase):
    def play(self, *scenarios, driver=OURS, options=()):
        return judged(driver, *SECURE, *options, scenarios=scenarios, around=among_accounts)

    def assert_passed(self, *scenarios, options=()):
        found = self.play(*scenarios, options=options)
        self.assertEqual(0, found.code, found.said)
        self.assertEqual(dict.fromkeys(scenarios, 'pass'), found.verdicts())

    def test_scenarios_pass(self):
        self.assert_passed('clone-attached-qcow2', 'revert-raw', 'retype-raw', 'manage-qcow2')

    def test_slow_scenarios_pass(self):
        self.assert_passed('backup-qcow2', 'encrypted-raw')

    def test_scenario_of_several_shares_passes(self):
        self.assert_passed('several-shares-raw', options=('--shares', '2'))

    def test_death_of_cinder_is_survived(self):
        self.assert_passed('create-offline-qcow2@3', options=('--crash',))

    def test_cluster_passes(self):
        self.assert_passed('mixed-raw', options=('--cluster',))

    def test_driver_of_cinder_does_not_start(self):
        found = self.play('offline-chain-raw', driver=IN_TREE)
        self.assertEqual(2, found.code, found.said)
        self.assertIn('Snapshots are not supported with nas_secure_file_operations', found.said)
