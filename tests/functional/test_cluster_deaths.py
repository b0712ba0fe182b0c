# SPDX-License-Identifier: Apache-2.0
"""One service of a cluster is killed while it works for a guest, and the other one goes on."""

import itertools

from nova_assist.compute.faults import Fault
from nova_assist.faults.trap import Trap
from tests.functional.clusters import ClusterCase, attached, keep
from tests.functional.nova_faults import NovaFaults


class DeathCase(ClusterCase):
    """Tests whose second service is in a trap.

    :cvar stride: every so many effects of an operation are died before
    """

    stride = 3

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trap = Trap(cls.cloud.folder / 'trap-peer')

    def play_deaths(self, tell, image_format='qcow2'):
        self.play_with_peer(tell, image_format, environment=self.trap.environment)

    def die(self, stage, second, limit, ask, status):
        """Have the second die before an effect of an operation; returns whether it has.

        :param ask: asks for the operation
        :param status: tells the status that says, once it is not pending, that it has survived
        """
        self.trap.arm(stage.context.share, limit)
        ask()
        stage.context.patience.wait(
            'its death or the end of the operation',
            lambda: not second.service.alive or status() or None,
        )
        self.trap.disarm()
        return bool(self.trap.deed)


class CreationTest(DeathCase):
    def test_other_goes_on_after_a_work_cleanup(self):
        self.play_deaths(self.deaths)

    def deaths(self, stage, second):
        with stage.step('attach two volumes, and take a snapshot of one'):
            volume, other = attached(stage), attached(stage, 'v2')
            stage.volumes.snapshot(volume, 'old')
        for limit in itertools.count(1, self.stride):
            if not self.survive(stage, second, volume, other, limit):
                break
        self.assertGreater(limit, self.stride, 'it has died several times')

    def survive(self, stage, second, volume, other, limit):
        taken = ''

        def ask():
            nonlocal taken
            taken = second.volumes.request_snapshot(volume, 'lost')

        def ended():
            return stage.context.api.snapshot_status(taken) != 'creating'

        with stage.step(f'die before effect {limit} of a creation', judged=False):
            died = self.die(stage, second, limit, ask, ended)
        with stage.step('go on with another volume', judged=False):
            stage.volumes.snapshot(other, 'other')
            stage.volumes.delete_snapshot(other, 'other')
        with stage.step('clean up, and go on with that volume'):
            second.clean_up(stage, taken)
            stage.volumes.snapshot(volume, 'new')
            stage.volumes.discard(taken, 'lost')
            stage.volumes.delete_snapshot(volume, 'new')
        if died:
            with stage.step('start it again, which disturbs nothing'):
                second.come_back()
            with stage.step('have it work again'):
                second.volumes.snapshot(volume, 'new')
                stage.volumes.delete_snapshot(volume, 'new')
        return died


class DeletionTest(DeathCase):
    def test_other_settles_what_one_that_is_down_has_left(self):
        self.play_deaths(self.deaths)

    def deaths(self, stage, second):
        with stage.step('attach a volume'):
            volume = attached(stage)
        for limit in itertools.count(1, self.stride):
            if not self.survive(stage, second, volume, limit):
                break
        self.assertGreater(limit, self.stride, 'it has died several times')

    def survive(self, stage, second, volume, limit):
        def gone_on():
            return stage.context.api.snapshot_status(snapshot.id) != 'deleting' or None

        with stage.step('take snapshots'):
            stage.volumes.snapshot(volume, 'doomed')
            second.volumes.snapshot(volume, 'young')
            snapshot = volume.snapshot('doomed')
        with stage.step(f'die before effect {limit} of a deletion', judged=False):
            died = self.die(
                stage,
                second,
                limit,
                lambda: second.volumes.request_delete(snapshot.id, 'doomed'),
                gone_on,
            )
        with stage.step('have Cinder take it for down, and delete again'):
            if died:
                second.go_down()
                stage.context.patience.wait('the end of "deleting"', gone_on)
                stage.volumes.discard(snapshot.id, 'doomed')
            else:
                stage.volumes.drop_snapshot(volume, 'doomed')
            stage.volumes.delete_snapshot(volume, 'young')
        if died:
            with stage.step('start it again, which disturbs nothing'):
                second.come_back()
        return died


class ReportTest(ClusterCase):
    def test_snapshot_that_nova_reports_of_after_the_death(self):
        self.play_with_peer(self.outlive)

    def outlive(self, stage, second):
        faults = NovaFaults(stage.context)
        with stage.step('kill it while Nova is at work, and have Cinder take it for down'):
            volume = attached(stage)
            faults.set(volume, Fault.LATE_WORK)
            low = volume.acknowledged()
            taken = second.volumes.request_snapshot(volume, 'taken')
            faults.await_held(volume)
            second.service.kill()
            second.go_down()
            faults.lift(volume)
            stage.volumes.await_snapshot(taken, 'taken', 'available', 'creating')
            keep(stage, volume, low, {taken: 'taken'})
        with stage.step('start the guest again, with the file that it has switched to'):
            stage.servers.await_refresh(volume)
            stage.servers.stop(volume.attached_to())
            stage.servers.start(volume.attached_to())
        with stage.step('start the service again, and have it delete the snapshot'):
            second.come_back()
            second.volumes.delete_snapshot(volume, 'taken')
