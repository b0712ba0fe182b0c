# SPDX-License-Identifier: Apache-2.0
"""Everything that Nova can do wrong with a snapshot, and what the driver makes of it.

Silence is short here: with the options' defaults the ends are the same, and later.
"""

import pathlib
import tempfile
import unittest

from nova_assist.cloud.cloud import Cloud
from nova_assist.compute.faults import Fault
from nova_assist.reports.model import Verdict
from nova_assist.scenarios.story import Story
from nova_assist.scenarios.trial import Trial
from tests.judged import OURS
from tests.lab import stories

TIMEOUT = 2
#: In which any operation has to end: a machine may be slow, the driver may not wait on.
SECONDS = 30

OPTIONS = {
    'nfs_assisted_create_timeout': str(TIMEOUT),
    'nfs_assisted_delete_timeout': str(TIMEOUT),
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
    trial.fail_to_create(REFUSALS)
    trial.fail_to_delete('older', REFUSALS)
    trial.fail_to_delete('newer', {Fault.ANSWERS_409: REFUSALS[Fault.ANSWERS_409]})


def creations(stage):
    trial = Trial(stage, SECONDS)
    trial.fail_to_create(
        {Fault.SILENT: _SILENT, Fault.ERROR: _FAILED, Fault.FALSE_CLAIM: _CLAIMED}
    )
    trial.fail_to_create({Fault.LATE_WORK: _SILENT})
    trial.fail_to_create({Fault.EARLY_CLAIM: _CLAIMED})
    for fault in DONE:
        trial.create(fault)


def deletions(stage):
    trial = Trial(stage, SECONDS)
    for name in ('older', 'newer'):
        trial.fail_to_delete(
            name, {Fault.SILENT: _SILENT, Fault.ERROR: _FAILED, Fault.FALSE_CLAIM: _CLAIMED}
        )
    trial.fail_to_delete('newer', {Fault.LATE_WORK: _SILENT})
    trial.fail_to_delete('older', {Fault.LATE_WORK: _SILENT}, lifted=True)
    trial.fail_to_delete('newer', {Fault.EARLY_CLAIM: _CLAIMED}, lifted=True)
    for fault in DONE:
        trial.delete('older', fault)


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


class MisbehavingTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.cloud = Cloud(pathlib.Path(folder.name), driver=OURS, options=OPTIONS)
        cls.addClassCleanup(cls.cloud.stop)
        cls.cloud.start()

    def play(self, tell, *formats):
        story = Story(tell.__name__, tell.__name__, tell)
        for result in stories.play(self.cloud, [story], formats):
            self.assertEqual(Verdict.PASS, result.verdict, result.reason)

    def test_nova_that_refuses(self):
        self.play(refusals, 'raw')

    def test_creation_that_nova_misreports(self):
        self.play(creations, 'raw', 'qcow2')

    def test_deletion_that_nova_misreports(self):
        self.play(deletions, 'raw', 'qcow2')

    def test_block_job_that_fails_though_success_is_claimed(self):
        self.play(failed_jobs, 'raw', 'qcow2')
