# SPDX-License-Identifier: Apache-2.0
"""Volumes of Cinder's own driver taken over with their snapshots, and handed back to it."""

import pathlib
import tempfile
import unittest

from nova_assist.cloud.cloud import Cloud
from nova_assist.reports.model import Verdict
from nova_assist.scenarios import hand_over
from tests.judged import IN_TREE, OURS
from tests.lab import stories


class HandOverTest(unittest.TestCase):
    def play(self, image_format, driver=OURS):
        """Play the story in a cloud of its own; returns the driver at its end, and the result."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        cloud = Cloud(pathlib.Path(folder.name), driver=driver)
        self.addCleanup(cloud.stop)
        cloud.start()
        [result] = stories.play(cloud, [hand_over.STORY], [image_format])
        return cloud.driver, result

    def assert_passed(self, image_format):
        driver, result = self.play(image_format)
        self.assertIs(Verdict.PASS, result.verdict, result.reason)
        self.assertEqual(OURS, driver)

    def test_raw_volumes(self):
        self.assert_passed('raw')

    def test_qcow2_volumes(self):
        self.assert_passed('qcow2')

    def test_driver_that_loses_a_snapshot_of_what_it_takes_over_is_seen(self):
        broken = 'tests.functional.broken_drivers.ForgetsRecord'
        driver, result = self.play('raw', broken)
        self.assertIs(Verdict.FAIL, result.verdict, result.reason)
        self.assertIn('start Cinder with', result.steps[0].name)
        self.assertIs(Verdict.PASS, result.steps[0].verdict)
        [failed] = [each for each in result.steps if each.verdict is Verdict.FAIL][:1]
        self.assertEqual('take snapshot o1 of both, and write', failed.name)
        self.assertIn(f'step "{failed.name}": ', result.reason)
        self.assertEqual(broken, driver)

    def test_driver_that_does_not_start_on_what_it_takes_over_is_seen(self):
        broken = 'tests.functional.broken_drivers.RefusesRecords'
        driver, result = self.play('raw', broken)
        self.assertIs(Verdict.FAIL, result.verdict, result.reason)
        self.assertRegex(
            result.reason,
            f'^step "start Cinder with {broken}": Cinder does not start with {broken} where it '
            rf'starts with {IN_TREE}: .*What is volume-[^ ]+\.info\?',
        )
        self.assertEqual(('clean up', Verdict.PASS), _told(result.steps[-1]))
        self.assertEqual(IN_TREE, driver)


def _told(step):
    return step.name, step.verdict
