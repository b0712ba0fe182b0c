# SPDX-License-Identifier: Apache-2.0
"""What the death of cinder-volume does to Cinder's own NFS driver, and not to ours."""

import functools
import os
import unittest

from tests.judged import IN_TREE, OURS, judged

_SAMPLE = os.environ.get('NOVA_ASSIST_SAMPLE')


@functools.cache
def deaths(driver, operation):
    """Return what was found after each death in an operation, by what was not done any more."""
    found = judged(driver, '--crash', scenarios=(operation,), timeout=1800)
    steps = found.scenarios[operation]['steps']
    return {
        step['name']: [f'{finding["judge"]}: {finding["fault"]}' for finding in step['findings']]
        for step in steps
    }


@unittest.skipIf(_SAMPLE, 'only a sample of deaths is tried, and this takes every one of five')
class DeathTest(unittest.TestCase):
    def assert_hazard(self, operation, before, words):
        """Find a fault after a death of the control, and none after any death of ours."""
        control = deaths(IN_TREE, operation)
        faults = [each for name, found in control.items() if before in name for each in found]
        self.assertRegex('\n'.join(faults), words, control)
        ours = deaths(OURS, operation)
        self.assertGreater(len(ours), 8, ours)
        self.assertEqual([], [each for found in ours.values() for each in found])

    def test_overlay_of_a_snapshot_that_was_being_made_is_left(self):
        self.assert_hazard('create-offline-raw', '.info', 'orphans: .* is left on the share')

    def test_record_is_empty_after_a_death_while_it_is_written(self):
        self.assert_hazard('create-offline-raw', 'write after it', 'record of .* is damaged')

    def test_record_names_a_stale_file_though_the_guest_has_switched(self):
        self.assert_hazard(
            'create-online-raw', 'open volume-', 'record of .* names active file .*, but the guest'
        )

    def test_snapshot_that_was_being_deleted_is_stuck(self):
        self.assert_hazard('delete-only-offline-raw', 'death 1', 'is stuck in deleting')

    def test_volume_is_unreadable_after_a_death_between_a_merge_and_its_record(self):
        self.assert_hazard('delete-only-offline-raw', '.info', "data of volume .* can't be read")

    def test_merge_that_nova_had_finished_leaves_its_file(self):
        self.assert_hazard('delete-oldest-online-raw', '.info', 'the record names|is left on')
