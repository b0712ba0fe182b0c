# SPDX-License-Identifier: Apache-2.0
"""The whole lifecycle in secure mode on the kernel's NFS, root squashed, as a user runs it."""

import sys
import unittest

from tests import accounts
from tests.judged import IN_TREE, OURS, judged
from tests.lab import nfs

SECURE = (
    *accounts.SECURE,
    *('--share', f'{nfs.SERVER}:{nfs.SQUASH}', '--option', 'nfs_mount_options=vers=4.2'),
)


@nfs.needs_lab
class LifecycleTest(unittest.TestCase):
    def test_our_driver_passes_every_scenario(self):
        found = judged(OURS, *SECURE, scenarios=(), timeout=3000)
        sys.stdout.write(found.said)
        self.assertEqual(0, found.code, found.said)
        self.assertEqual({'pass'}, set(found.verdicts().values()))

    def test_driver_of_cinder_does_not_start(self):
        found = judged(IN_TREE, *SECURE, scenarios=('offline-chain-raw',))
        self.assertEqual(2, found.code, found.said)
        self.assertIn('Snapshots are not supported with nas_secure_file_operations', found.said)
