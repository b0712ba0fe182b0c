# SPDX-License-Identifier: Apache-2.0
import unittest

from tempest_plugin.judges.leftovers import faults
from tempest_plugin.share.files import VolumeFile
from tests.unit.tempest_plugin.support import VOLUME


class LeftoversTest(unittest.TestCase):
    def test_an_empty_share_is_right(self):
        self.assertEqual([], faults([], VOLUME))

    def test_each_file_is_a_fault(self):
        files = [
            VolumeFile(f'volume-{VOLUME}{end}', 0, 'root', 0, 'root', 0o660, 7)
            for end in ('', '.info', '.journal')
        ]
        told = faults(files, VOLUME)
        self.assertEqual(3, len(told))
        self.assertIn(f'volume-{VOLUME}.info (root:root 0660) is left', told[1])
