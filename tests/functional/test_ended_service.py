# SPDX-License-Identifier: Apache-2.0
"""A service that ends in the middle of a run is not held against the driver."""

import pathlib
import tempfile
import unittest

from nova_assist import scenarios
from nova_assist.cloud.cloud import Cloud
from nova_assist.reports.model import Verdict
from nova_assist.scenarios.embedded import EmbeddedTestbed


class Killer:
    """Kills a service when a step begins."""

    def __init__(self, service, step):
        self._service = service
        self._step = step

    def scenario_started(self, name, index, total):
        pass

    def step_started(self, scenario, step):
        if step == self._step:
            self._service.kill()

    def step_finished(self, scenario, step):
        pass

    def scenario_finished(self, result):
        pass


class EndedServiceTest(unittest.TestCase):
    def run_and_kill(self, service, step):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        with Cloud(pathlib.Path(folder.name), driver='driver.nfs.NfsDriver') as cloud:
            killer = Killer(getattr(cloud, service), step)
            names = ['mixed-raw', 'extend-offline-raw']
            return list(scenarios.run(EmbeddedTestbed(cloud), names, 1, killer, str))

    def assert_not_blamed(self, service, step):
        cut, skipped = self.run_and_kill(service, step)
        self.assertEqual(Verdict.UNKNOWN, cut.verdict, cut)
        self.assertIn(f'{service}: ended by itself', cut.reason)
        self.assertNotIn(Verdict.FAIL, {each.verdict for each in cut.steps}, cut)
        self.assertEqual(Verdict.NOT_RUN, skipped.verdict, skipped)
        self.assertRegex(skipped.reason, f'{service}: ended by itself .*-9.*{service}.log')

    def test_cinder_that_is_killed(self):
        self.assert_not_blamed('cinder', 'write and create snapshot s2 offline')

    def test_compute_that_is_killed(self):
        self.assert_not_blamed('compute', 'create snapshot s3 online')
