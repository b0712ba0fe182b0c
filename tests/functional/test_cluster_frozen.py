# SPDX-License-Identifier: Apache-2.0
"""A service of a cluster stands still until others have its locks and go on, and then does so too.

Nobody tells it that it has lost them; the journal on the share, or what has become of the volume's
record, has to.
"""

import functools
import os
import signal

import psutil

from nova_assist.faults.trap import Trap
from tests.functional.clusters import ClusterCase, attached, keep

#: Seconds after which a lock is another's; nobody is waited for in vain here.
_LEASE = 4

#: Before which effects it stands still: two before its journal keeps others off (its temporary
#: file, its name), and two after.
_POINTS = (1, 5, 6, 11)


class FrozenTest(ClusterCase):
    lease = _LEASE

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trap = Trap(cls.cloud.folder / 'trap-peer')

    def play_frozen(self, tell, image_format='qcow2'):
        self.play_with_peer(tell, image_format, environment=self.trap.environment)

    def freeze(self, stage, second, limit, ask):
        """Have the second one stand still before an effect of an operation that is asked for."""
        self.trap.arm(stage.context.share, limit, fate=signal.SIGSTOP)
        ask()
        process = psutil.Process(second.service.pid)
        stage.context.patience.wait(
            'its standing still', lambda: process.status() == psutil.STATUS_STOPPED or None
        )
        self.trap.disarm()

    def outlive(self, stage, second, volume):
        """Ask the first one for a snapshot, have the second one go on; return the snapshot's id.

        The first one waits until the lock is free, then takes the snapshot or refuses to.
        """
        quick = stage.volumes.request_snapshot(volume, 'quick')
        self.await_end(stage, quick, 'creating')
        os.kill(second.service.pid, signal.SIGCONT)
        return quick

    def await_end(self, stage, snapshot_id, pending):
        status = functools.partial(stage.context.api.snapshot_status, snapshot_id)
        stage.context.patience.wait(f'the end of "{pending}"', lambda: status() != pending or None)
        return status()

    def settle(self, stage, volume, low, named):
        """Tell the models which of some snapshots there are, and remove the others."""
        status = {each: stage.context.api.snapshot_status(each) for each in named}
        there = {each: name for each, name in named.items() if status[each] == 'available'}
        keep(stage, volume, low, there)
        for each in named.keys() - there.keys():
            self.assertEqual('error', status[each])
            stage.volumes.discard(each, named[each])
        return sorted(there.values())

    def test_creation_for_a_guest(self):
        self.play_frozen(lambda *cast: self.creations(*cast, attached(cast[0])))

    def test_creation_without_a_guest(self):
        self.play_frozen(lambda *cast: self.creations(*cast, cast[0].volumes.create('v1')), 'raw')

    def creations(self, stage, second, volume):
        slow = ''

        def ask():
            nonlocal slow
            slow = second.volumes.request_snapshot(volume, 'slow')

        for point, expected in zip(_POINTS, ('quick', 'quick', 'slow', 'slow'), strict=True):
            with stage.step(f'stand still before effect {point} of a creation'):
                low = volume.acknowledged()
                self.freeze(stage, second, point, ask)
                quick = self.outlive(stage, second, volume)
                self.await_end(stage, slow, 'creating')
                there = self.settle(stage, volume, low, {slow: 'slow', quick: 'quick'})
                self.assertEqual([expected], there)
            with stage.step('go on with either'):
                stage.volumes.snapshot(volume, 'next')
                second.volumes.delete_snapshot(volume, expected)
                stage.volumes.delete_snapshot(volume, 'next')
        self.assertIn('has lost its lock', second.said())

    def test_deletion_for_a_guest(self):
        self.play_frozen(lambda *cast: self.deletions(*cast, attached(cast[0])))

    def test_deletion_without_a_guest(self):
        self.play_frozen(lambda *cast: self.deletions(*cast, cast[0].volumes.create('v1')), 'raw')

    def deletions(self, stage, second, volume):
        for point in _POINTS:
            with stage.step('take two snapshots'):
                doomed = stage.volumes.snapshot(volume, 'doomed')
                stage.volumes.snapshot(volume, 'young')
            with stage.step(f'stand still before effect {point} of a deletion', judged=False):
                low = volume.acknowledged()
                ask = functools.partial(second.volumes.request_delete, doomed.id, 'doomed')
                self.freeze(stage, second, point, ask)
                quick = self.outlive(stage, second, volume)
            with stage.step('end it, or repeat it'):
                left = self.await_end(stage, doomed.id, 'deleting')
                if left:
                    self.assertEqual('error_deleting', left)
                    stage.volumes.discard(doomed.id, 'doomed')
                else:
                    stage.volumes.drop_snapshot(volume, 'doomed')
                there = self.settle(stage, volume, low, {quick: 'quick'})
                self.assertEqual(bool(left), bool(there), 'one of the two, not both')
            with stage.step('go on with either'):
                for name in there:
                    second.volumes.delete_snapshot(volume, name)
                stage.volumes.delete_snapshot(volume, 'young')
