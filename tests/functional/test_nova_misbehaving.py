# SPDX-License-Identifier: Apache-2.0
"""Everything that Nova can do wrong with a snapshot, and what the driver makes of it.

Silence is short here: with the options' defaults the ends are the same, and later.
Reports are the same for raw and qcow2 volumes; what is done to the files is seen with both.
"""

import pathlib
import tempfile
import unittest

from nova_assist.cloud.cloud import Cloud
from nova_assist.compute.faults import Fault
from nova_assist.reports.model import Verdict
from nova_assist.scenarios.story import Story
from tests.functional.trial import Trial
from tests.judged import OURS
from tests.lab import stories

#: In which any operation has to end: a machine may be slow, the driver may not wait on.
SECONDS = 30

OPTIONS = {
    'nfs_assisted_create_timeout': '2',
    'nfs_assisted_delete_timeout': '3',
}

REFUSALS = {
    Fault.ANSWERS_400: 'answered 400',
    Fault.ANSWERS_403: 'answered 403',
    Fault.ANSWERS_404: 'answered 404',
    Fault.ANSWERS_409: 'answered 409',
    Fault.ANSWERS_500: 'answered 500.*; Nova has not reported in time',
    Fault.ANSWERS_503: 'answered 503.*; Nova has not reported in time',
    Fault.MIGRATING: 'task_state migrating',
}
_SILENT = 'Nova has not reported in time'
_FAILED = 'Nova reports an error'
_CLAIMED = 'Nova reports that it is done, and '


def refusals(stage):
    trial = Trial(stage, SECONDS)
    trial.fail(REFUSALS)
    trial.fail_to_delete('newer', {Fault.ANSWERS_409: REFUSALS[Fault.ANSWERS_409]})


def failures(stage):
    trial = Trial(stage, SECONDS)
    trial.fail({Fault.SILENT: _SILENT, Fault.ERROR: _FAILED, Fault.FALSE_CLAIM: _CLAIMED})
    trial.fail({Fault.LATE_WORK: _SILENT})
    trial.fail({Fault.EARLY_CLAIM: _CLAIMED})
    trial.fail_to_delete('newer', {Fault.LATE_WORK: _SILENT})
    trial.fail_to_delete('older', {Fault.LATE_WORK: _SILENT}, lifted=True)
    trial.fail_to_delete('newer', {Fault.EARLY_CLAIM: _CLAIMED}, lifted=True)


def successes(stage):
    trial = Trial(stage, SECONDS)
    for fault in DONE:
        trial.succeed(fault)


def mixed_up(stage):
    trial = Trial(stage, SECONDS)
    with stage.step('report of another volume that its snapshot is done, which it is not'):
        other = trial.attach('v3')
        failed = trial.begin_to_create('failed')
        trial.faults.set(other, Fault.OTHER_SNAPSHOT)
        low = other.history.acknowledged
        snapshot_id = stage.volumes.request_snapshot(other, 'done')
        trial.await_end(failed, 'error')
        # If this machine is slow, the report comes too late.
        trial.expect_logged(failed, f'{_CLAIMED}|{_SILENT}')
        trial.await_end(snapshot_id, 'available')
        stage.volumes.keep_snapshot(other, snapshot_id, 'done', low)


def failed_jobs(stage):
    # Only one write fails, and it is to be the job's, so the guest keeps still.
    trial = Trial(stage, SECONDS, writing=False)
    for name in ('older', 'newer'):
        trial.fail_to_delete(name, {Fault.ENOSPC: _CLAIMED, Fault.EIO: _CLAIMED})


#: The work is done, whatever Nova says or doesn't say: so is the operation.
DONE = (
    Fault.DONE_BUT_SILENT,
    Fault.DONE_BUT_ERROR,
    Fault.TWICE,
    Fault.OTHER_SNAPSHOT,
    Fault.TOKEN_EXPIRED,
    Fault.LATE_REPORT,
)


class CloudCase(unittest.TestCase):
    """Tests that play stories in one cloud."""

    driver = OURS

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.cloud = Cloud(pathlib.Path(folder.name), driver=cls.driver, options=OPTIONS)
        cls.addClassCleanup(cls.cloud.stop)
        cls.cloud.start()

    def results(self, tell, formats):
        return stories.play(self.cloud, [Story(tell.__name__, tell.__name__, tell)], formats)

    def play(self, tell, *formats):
        for result in self.results(tell, formats):
            self.assertEqual(Verdict.PASS, result.verdict, result.reason)


class MisbehavingTest(CloudCase):
    def test_nova_that_refuses(self):
        self.play(refusals, 'raw')

    def test_nova_that_does_not_do_it_whatever_it_says(self):
        self.play(failures, 'raw')

    def test_nova_that_does_it_whatever_it_says(self):
        self.play(successes, 'raw')

    def test_report_that_is_of_another_snapshot(self):
        self.play(mixed_up, 'raw')

    def test_block_job_that_fails_though_success_is_claimed(self):
        self.play(failed_jobs, 'raw', 'qcow2')


def believed(stage):
    Trial(stage, SECONDS).fail({Fault.FALSE_CLAIM: _CLAIMED})


def believed_merge(stage):
    Trial(stage, SECONDS).fail_to_delete('older', {Fault.FALSE_CLAIM: _CLAIMED})


class BelieverTest(CloudCase):
    """The stories tell a driver that takes Nova's word for it."""

    driver = 'tests.functional.broken_drivers.BelievesNova'

    def faults(self, tell):
        (result,) = self.results(tell, ['raw'])
        self.assertEqual(Verdict.FAIL, result.verdict, result.reason)
        return '\n'.join(found.fault for step in result.steps for found in step.findings)

    def test_switch_that_never_was(self):
        found = self.faults(believed)
        self.assertRegex(found, 'ended available, expected error')
        self.assertRegex(found, 'names active file .*, but the guest has .* open')

    def test_merge_that_never_was(self):
        found = self.faults(believed_merge)
        self.assertRegex(found, 'ended gone, expected error_deleting')
        self.assertRegex(found, 'a file is missing')
