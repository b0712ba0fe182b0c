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

    def test_revert_puts_raw_data_in_the_place_of_an_overlay(self):
        name = 'revert-raw'
        control = judged(IN_TREE, scenarios=(name,))
        self.assertRegex('\n'.join(control.faults(name)), 'data: .*Image is not in qcow2 format')
        ours = judged(OURS, scenarios=(name,))
        self.assertEqual({name: 'pass'}, ours.verdicts(), ours.said)

    def test_volume_is_moved_to_another_format_byte_by_byte(self):
        name = 'retype-qcow2'
        control = judged(IN_TREE, scenarios=(name,))
        self.assertRegex(
            '\n'.join(control.faults(name)), 'data: .*expected write 1, found bytes that nobody'
        )
        ours = judged(OURS, scenarios=(name,))
        self.assertEqual({name: 'pass'}, ours.verdicts(), ours.said)

    def test_attached_volume_is_not_cloned(self):
        name = 'clone-attached-raw'
        control = judged(IN_TREE, scenarios=(name,))
        self.assertRegex('\n'.join(control.faults(name)), 'Invalid source volume state')
        ours = judged(OURS, scenarios=(name,))
        self.assertEqual({name: 'pass'}, ours.verdicts(), ours.said)

    def test_volumes_from_images_and_images_of_volumes_with_snapshots(self):
        """The control records raw data as qcow2, and takes its own backing file for an attack."""
        raw, qcow2 = names = ('image-transfer-raw', 'image-transfer-qcow2')
        control = judged(IN_TREE, scenarios=names)
        self.assertRegex(
            '\n'.join(control.faults(raw)), 'image chained .* ended gone, expected active'
        )
        self.assertRegex('\n'.join(control.faults(qcow2)), 'data: .*Image is not in qcow2 format')
        ours = judged(OURS, scenarios=names)
        self.assertEqual(dict.fromkeys(names, 'pass'), ours.verdicts(), ours.said)
