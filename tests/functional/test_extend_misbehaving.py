# SPDX-License-Identifier: Apache-2.0
"""Everything that Nova can do wrong with a disk that is to grow, and what the driver makes of it.

Silence is short here: with the option's default the ends are the same, and later.
"""

import functools
import pathlib
import re
import tempfile
import unittest

from nova_assist.cloud.cloud import Cloud
from nova_assist.compute.faults import Fault
from nova_assist.reports.model import Verdict
from nova_assist.scenarios.errors import StepFailed
from nova_assist.scenarios.story import Story
from tests.functional.nova_faults import NovaFaults
from tests.judged import OURS
from tests.lab import stories

_GIB = 1 << 30
_NOT_GROWN = 'Nova has not grown the disk of server'

REFUSALS = {
    Fault.ANSWERS_403: 'answered 403',
    Fault.ANSWERS_409: 'answered 409',
}
FAILURES = {
    Fault.ANSWERS_500: f'answered 500.*; {_NOT_GROWN}',
    Fault.ERROR: _NOT_GROWN,
    Fault.SILENT: _NOT_GROWN,
    Fault.FALSE_CLAIM: _NOT_GROWN,
    Fault.LATE_WORK: _NOT_GROWN,
}


class Trial:
    """A volume that a guest writes to, and that is to grow."""

    def __init__(self, stage):
        self.stage = stage
        self.faults = NovaFaults(stage.context)
        with stage.step('attach a volume to a server whose guest writes'):
            self.charged = self.usage()
            self.volume = stage.volumes.create('v1')
            self.server = stage.servers.create('a')
            stage.servers.attach(self.server, self.volume)
            stage.servers.start_writing(self.volume)

    def usage(self):
        """Return how many GiB Cinder counts for the project, and how many are reserved."""
        quotas = self.stage.context.api.cinder.quotas.get('demo', usage=True)
        return quotas.gigabytes['in_use'], quotas.gigabytes['reserved']

    def expect(self, gib):
        """See that the volume has a size everywhere."""
        found = self.stage.context.api.cinder.volumes.get(self.volume.id)
        in_use, reserved = self.usage()
        charged = (in_use - self.charged[0], reserved - self.charged[1])
        size = self.stage.context.api.disk_size(self.server.id, self.volume.id) // _GIB
        if ((gib, 0), gib, 'in-use', gib) != (charged, found.size, found.status, size):
            raise StepFailed(
                'the volume has not one size', f'{gib} GiB', f'{charged} {found.size} {size}'
            )
        self.volume.size = gib * _GIB

    def fail(self, gib, fault, said):
        """Extend the volume, which has to fail, and make it usable again."""
        self.faults.set(self.volume, fault)
        try:
            self.stage.volumes.extend(self.volume, gib)
        except StepFailed as error:
            if not re.search(said, str(error)):
                raise
            self.reset()
        else:
            raise StepFailed(f'extended in spite of {fault.value}', 'an error', 'none')

    def reset(self):
        """Declare the volume to be usable, as an administrator would."""
        self.stage.context.api.cinder.volumes.reset_state(self.volume.id, 'in-use')

    def lift(self):
        self.faults.lift(self.volume)


def failures(stage):
    trial = Trial(stage)
    for fault, said in (REFUSALS | FAILURES).items():
        with stage.step(f'fail because of {fault.value}'):
            trial.fail(2, fault, said)
            trial.expect(1)
            trial.lift()
            trial.expect(1)
    with stage.step('extend it without a fault'):
        stage.volumes.extend(trial.volume, 2)
        trial.expect(2)


def in_spite(stage):
    trial = Trial(stage)
    with stage.step('extend with a Nova that has done it and reports an error'):
        trial.faults.set(trial.volume, Fault.DONE_BUT_ERROR)
        stage.volumes.extend(trial.volume, 2)
        trial.expect(2)


def late(stage):
    trial = Trial(stage)
    volume = trial.volume
    with stage.step('fail because Nova has the new size, and is slow'):
        trial.fail(2, Fault.LATE_RESIZE, _NOT_GROWN)
        trial.expect(1)
    with stage.step('refuse another size meanwhile'):
        try:
            stage.volumes.extend(volume, 3)
        except StepFailed as error:
            if 'has not, and may still' not in str(error):
                raise
        trial.reset()
        trial.expect(1)
    with stage.step('let Nova go on, and take a snapshot'):
        trial.lift()
        volume.size = 2 * _GIB
        stage.servers.await_size(volume)
        stage.volumes.snapshot(volume, 's1')
    with stage.step('delete the snapshot, and extend it again'):
        stage.volumes.delete_snapshot(volume, 's1')
        trial.expect(2)
        stage.volumes.extend(volume, 3)
        trial.expect(3)


def killed(cloud, stage):
    trial = Trial(stage)
    volume = trial.volume
    for fault, gib in ((Fault.LATE_WORK, 1), (Fault.LATE_RESIZE, 2)):
        with stage.step(f'kill Cinder while Nova has yet to do it: {fault.value}'):
            trial.faults.set(volume, fault)
            stage.context.api.cinder.volumes.extend(volume.id, 2)
            trial.faults.await_held(volume)
            cloud.cinder.kill()
            cloud.cinder.start()
            stage.context.await_volume(volume, 'in-use', 'extending')
            trial.charged = (trial.charged[0], trial.charged[1] + 1)  # until that expires
            trial.expect(1)
        with stage.step(f'let Nova go on, and take and delete a snapshot: {gib} GiB'):
            trial.lift()
            volume.size = gib * _GIB
            stage.volumes.snapshot(volume, 's1')
            stage.volumes.delete_snapshot(volume, 's1')
            trial.expect(gib)


class ExtendMisbehavingTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        options = {'nfs_assisted_extend_timeout': '3'}
        cls.cloud = Cloud(pathlib.Path(folder.name), driver=OURS, options=options)
        cls.addClassCleanup(cls.cloud.stop)
        cls.cloud.start()

    def play(self, tell, name='story'):
        for image_format in ('raw', 'qcow2'):
            story = Story(name, name, tell)
            (result,) = stories.play(self.cloud, [story], [image_format])
            self.assertEqual(Verdict.PASS, result.verdict, result.reason)

    def test_nova_that_does_not_do_it(self):
        self.play(failures)

    def test_nova_that_does_it_whatever_it_says(self):
        self.play(in_spite)

    def test_nova_that_does_it_after_cinder_has_died(self):
        self.play(functools.partial(killed, self.cloud), 'killed')

    def test_nova_that_does_it_after_cinder_has_given_up(self):
        self.play(late)
