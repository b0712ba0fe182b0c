# SPDX-License-Identifier: Apache-2.0
"""What two services of one cluster do whose locks are in etcd; see :mod:`.clusters`."""

from nova_assist.compute.faults import Fault
from tests.functional import test_cluster, test_cluster_deaths
from tests.functional.clusters import ClusterCase, attached, keep
from tests.functional.nova_faults import NovaFaults
from tests.functional.test_cluster import both_at_once, finds_no_common_lock, waits_for_the_other

#: Long enough for a service to be heard of in time on a machine that is busy with other tests.
_LEASE = 8

#: Every so many effects of an operation are died before; each death is a wait for the lease.
_STRIDE = 7

#: What a log has of each request that has failed, at least once.
_FAILED = 'Exception during message handling: tooz.coordination.ToozConnectionError'

_WARNING = 'by locks that hold on one host'


class TogetherTest(ClusterCase):
    lease = _LEASE

    def test_both_work_on_the_same_qcow2_volumes(self):
        self.play_with_peer(both_at_once)

    def test_one_waits_for_the_other(self):
        self.play_with_peer(waits_for_the_other)

    def test_service_with_locks_in_files_is_found_out(self):
        self.play_with_peer(finds_no_common_lock, locks=self.cloud.folder / 'other-locks')

    def test_only_the_service_with_locks_in_files_warns(self):
        with self.cloud.peer(locks=self.cloud.folder / 'other-locks') as peer:
            self.assertIn(_WARNING, peer.log.read_text())
        self.assertNotIn(_WARNING, self.cloud.cinder.log.read_text())


class StartTest(test_cluster.StartTest):
    lease = _LEASE


class CreationDeathTest(test_cluster_deaths.CreationTest):
    lease = _LEASE
    stride = _STRIDE


class DeletionDeathTest(test_cluster_deaths.DeletionTest):
    lease = _LEASE
    stride = _STRIDE


class RestartTest(test_cluster_deaths.DeathCase):
    """A service is started again while the locks that it held when it died last."""

    lease = _LEASE

    def test_what_it_was_at_work_on_is_ended_once_the_lease_is_over(self):
        self.play_deaths(self.extension, 'raw')

    def extension(self, stage, second):
        with stage.step('die while a volume grows', judged=False):
            volume = stage.volumes.create('v1')
            api = stage.context.api

            def ended():
                return api.volume_status(volume.id) != 'extending'

            extend = second.cinder.volumes.extend
            self.assertTrue(self.die(stage, second, 1, lambda: extend(volume.id, 2), ended))
        with stage.step('start it again at once, which waits until it can end the extension'):
            second.come_back()
            self.assertIn(f"Waiting until volumes ['{volume.id}']", second.said())
            stage.context.await_volume(volume, 'available')
        with stage.step('repeat it'):
            second.volumes.extend(volume, 2)
            stage.volumes.write(volume)


class OutageTest(ClusterCase):
    """The lock service is out of reach for a while, and comes back with what it has known."""

    lease = _LEASE

    def test_what_was_under_way_ends_and_what_begins_is_refused(self):
        self.play_with_peer(self.outage)

    def outage(self, stage, second):
        with stage.step('have Nova hold a snapshot back', judged=False):
            volume = attached(stage)
            other = stage.volumes.create('v2')
            stage.volumes.snapshot(other, 'old')
            faults = NovaFaults(stage.context)
            faults.set(volume, Fault.LATE_WORK)
            low = volume.acknowledged()
            taken = second.volumes.request_snapshot(volume, 'taken')
            faults.await_held(volume)
        with stage.step('lose etcd: that is taken, another one refused', judged=False):
            self.cloud.etcd.kill()
            faults.lift(volume)
            stage.volumes.await_snapshot(taken, 'taken', 'available', 'creating')
            keep(stage, volume, low, {taken: 'taken'})
            refused = second.volumes.request_snapshot(other, 'refused')
            second.volumes.await_snapshot(refused, 'refused', 'error', 'creating')
            failed = self.await_failure(stage, second)
            # Cinder's volume manager fails before the driver is asked, and tells nobody.
            old = other.snapshot('old')
            second.volumes.request_delete(old.id, 'old')
            self.await_failure(stage, second, failed)
        with stage.step('have etcd back: both work on', judged=False):
            self.cloud.etcd.start()
            # Its lock could not be let go of, and tooz has renewed it since.
            stage.volumes.snapshot(volume, 'new')
            stage.volumes.delete_snapshot(volume, 'taken')
        with stage.step('remove what was refused'):
            stage.volumes.discard(refused, 'refused')
            stage.volumes.reset_snapshot(old.id, 'old', 'error')
            stage.volumes.delete_snapshot(other, 'old')

    def await_failure(self, stage, second, before=0):
        """Wait until it has logged more failures than before; returns how many."""

        def count():
            return second.said().count(_FAILED)

        stage.context.patience.wait('a failure', lambda: count() > before or None)
        return count()
