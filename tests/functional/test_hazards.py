# SPDX-License-Identifier: Apache-2.0
"""Hazards of Cinder's NFS driver that need no NFS to show: it fails, ours passes.

Those of a misbehaving Nova are in ``tests/functional/test_hazards_nova.py``, the others in
``tests/lab/test_hazards.py``.
"""

import unittest

from tests.judged import IN_TREE, OURS, judged


class HazardTest(unittest.TestCase):
    def test_volume_from_a_snapshot_is_open_to_everybody_whatever_the_options_say(self):
        secure = ('--option', 'nas_secure_file_permissions=true')
        name = 'clone-from-snapshots-raw'
        control = judged(IN_TREE, *secure, scenarios=(name,))
        self.assertEqual(1, control.code, control.said)
        self.assertRegex(
            '\n'.join(control.faults(name)), 'access: volume file .* is mode 0666, expected 0660'
        )
        ours = judged(OURS, *secure, scenarios=(name,))
        self.assertEqual({name: 'pass'}, ours.verdicts(), ours.said)

    def test_data_is_lost_by_reverts_moves_and_images_and_no_attached_volume_is_cloned(self):
        """The control records raw data as qcow2, and takes its own backing file for an attack."""
        faults = {
            'revert-raw': 'data: .*Image is not in qcow2 format',
            'retype-qcow2': 'data: .*expected write 1, found bytes that nobody',
            'clone-attached-raw': 'Invalid source volume state',
            'image-transfer-raw': 'image chained .* ended gone, expected active',
            'image-transfer-qcow2': 'data: .*Image is not in qcow2 format',
        }
        control = judged(IN_TREE, scenarios=tuple(faults), timeout=1200)
        self.assertEqual(set(faults), set(control.scenarios), control.said)
        for name, fault in faults.items():
            with self.subTest(name):
                self.assertRegex('\n'.join(control.faults(name)), fault)
        ours = judged(OURS, scenarios=tuple(faults), timeout=1200)
        self.assertEqual(dict.fromkeys(faults, 'pass'), ours.verdicts(), ours.said)
