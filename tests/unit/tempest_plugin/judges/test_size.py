# SPDX-License-Identifier: Apache-2.0
import unittest

from oslo_utils import units

from tempest_plugin.judges import size


class SizeTest(unittest.TestCase):
    def test_right_size_has_no_fault(self):
        self.assertEqual([], size.faults(2, shown=2, virtual=2 * units.Gi))

    def test_unseen_file_has_no_fault(self):
        self.assertEqual([], size.faults(2, shown=2))

    def test_header_is_no_part_of_the_disk(self):
        self.assertEqual([], size.faults(1, shown=1, virtual=units.Gi - 512, header=512))
        self.assertTrue(size.faults(1, shown=1, virtual=units.Gi, header=512))

    def test_cinder_with_another_size(self):
        self.assertEqual(
            ['Cinder says 1 GiB, expected 2'], size.faults(2, shown=1, virtual=2 * units.Gi)
        )

    def test_file_that_did_not_grow(self):
        (fault,) = size.faults(2, shown=2, virtual=units.Gi)
        self.assertRegex(fault, f'qemu-img says {units.Gi} bytes .* expected {2 * units.Gi}')
