# SPDX-License-Identifier: Apache-2.0
"""Two services of one cluster work on the same volumes, active/active; see :mod:`.clusters`."""

import functools

import fasteners

from nova_assist.cloud.cluster import FIRST, Heartbeat
from nova_assist.compute.faults import Fault
from nova_assist.scenarios.errors import StepFailed
from tests.functional.clusters import ClusterCase, Second, at_once, attached, keep
from tests.functional.nova_faults import NovaFaults

_EACH = 3


def _snapshot_from_both(stage, second, volume, names):
    """Take snapshots of one volume from both services at once; all have to become available."""
    low = volume.acknowledged()
    services = [stage.volumes, second.volumes] * len(names)

    def take(volumes, name):
        snapshot_id = volumes.request_snapshot(volume, name)
        volumes.await_snapshot(snapshot_id, name, 'available', 'creating')
        return snapshot_id

    chosen = list(zip(services, names, strict=False))
    taken = at_once(*(functools.partial(take, *each) for each in chosen))
    keep(stage, volume, low, dict(zip(taken, names, strict=True)))


def _delete_from_both(stage, second, volume, names):
    services = [second.volumes, stage.volumes] * len(names)

    def delete(volumes, snapshot):
        volumes.request_delete(snapshot.id, snapshot.name)
        volumes.await_snapshot(snapshot.id, snapshot.name, 'gone', 'deleting')

    snapshots = [volume.snapshot(name) for name in names]
    chosen = zip(services, snapshots, strict=False)
    at_once(*(functools.partial(delete, *each) for each in chosen))
    for name in names:
        stage.volumes.drop_snapshot(volume, name)


def both_at_once(stage, second):
    names = [f's{number}' for number in range(2 * _EACH)]
    with stage.step('attach a volume, and make others'):
        busy = attached(stage)
        quiet, source, *growing = (stage.volumes.create(f'q{number}') for number in range(4))
        stage.volumes.write(quiet)
        stage.volumes.write(source)
    with stage.step('take snapshots of two volumes from both'):
        at_once(
            lambda: _snapshot_from_both(stage, second, busy, names),
            lambda: _snapshot_from_both(stage, second, quiet, names[:2]),
        )
    with stage.step('delete some, clone and extend, from both'):
        at_once(
            lambda: _delete_from_both(stage, second, busy, names[1:4]),
            lambda: _delete_from_both(stage, second, quiet, names[:1]),
            lambda: stage.volumes.clone_volume(source, 'c1'),
            lambda: second.volumes.clone_volume(source, 'c2'),
            lambda: stage.volumes.clone(quiet.snapshot(names[1]), 'c3'),
            lambda: second.volumes.extend(growing[0], 2),
            lambda: stage.volumes.extend(growing[1], 2),
        )
    with stage.step('take and delete more at once'):
        at_once(
            lambda: _delete_from_both(stage, second, busy, [names[0], names[5]]),
            lambda: second.volumes.extend(growing[1], 3),
            lambda: _snapshot_from_both(stage, second, quiet, ['t0', 't1']),
        )
    with stage.step('attach and detach what the other one has made'):
        second.volumes.snapshot(busy, 'last')
        stage.servers.detach(busy)
        second.volumes.delete_snapshot(busy, 'last')


def _hold(stage, second, volume):
    """Have the first one take a snapshot that Nova holds back, then the second one of the same."""
    faults = NovaFaults(stage.context)
    faults.set(volume, Fault.LATE_WORK)
    low = volume.acknowledged()
    first = stage.volumes.request_snapshot(volume, 'first')
    faults.await_held(volume)
    other = second.volumes.request_snapshot(volume, 'second')
    return faults, low, first, other


def waits_for_the_other(stage, second):
    with stage.step('take two snapshots of one volume while Nova holds the first back'):
        volume = attached(stage)
        faults, low, first, other = _hold(stage, second, volume)
        second.volumes.snapshot(stage.volumes.create('v2'), 'of another volume')
        if stage.context.api.snapshot_status(other) != 'creating':
            raise StepFailed('the second one has not waited', 'creating', second.said())
        faults.lift(volume)
        for snapshot_id, name in ((first, 'first'), (other, 'second')):
            stage.volumes.await_snapshot(snapshot_id, name, 'available', 'creating')
        keep(stage, volume, low, {first: 'first', other: 'second'})


def finds_no_common_lock(stage, second):
    with stage.step('refuse what another service without a lock in common is at work on'):
        volume = attached(stage)
        faults, low, first, other = _hold(stage, second, volume)
        second.volumes.await_snapshot(other, 'second', 'error', 'creating')
        # Cinder logs the reason after it has noted the end.
        words = 'two cinder-volume services seem to have no lock in common'
        stage.context.patience.wait('its reason', lambda: words in second.said() or None)
        faults.lift(volume)
        stage.volumes.await_snapshot(first, 'first', 'available', 'creating')
        keep(stage, volume, low, {first: 'first'})
        stage.volumes.discard(other, 'second')


class TogetherTest(ClusterCase):
    def test_both_work_on_the_same_qcow2_volumes(self):
        self.play_with_peer(both_at_once)

    def test_both_work_on_the_same_raw_volumes(self):
        self.play_with_peer(both_at_once, 'raw')

    def test_one_waits_for_the_other(self):
        self.play_with_peer(waits_for_the_other)

    def test_services_without_a_lock_in_common_are_found_out(self):
        self.play_with_peer(finds_no_common_lock, locks=self.cloud.folder / 'other-locks')

    def test_the_check_of_waiting_finds_locks_that_are_not_shared(self):
        with self.assertRaisesRegex(AssertionError, 'has not waited'):
            self.play_with_peer(waits_for_the_other, locks=self.cloud.folder / 'other-locks')


class StartTest(ClusterCase):
    def test_start_leaves_alone_what_the_other_one_is_at_work_on(self):
        self.play(self.start_in_the_middle)

    def start_in_the_middle(self, stage):
        faults = NovaFaults(stage.context)
        with stage.step('attach volumes, and take a snapshot'):
            volume, growing = attached(stage), attached(stage, 'v2')
            stage.volumes.snapshot(volume, 'old')
        with stage.step('start while a snapshot is taken, one to be deleted, a volume growing'):
            faults.set(volume, Fault.LATE_WORK)
            faults.set(growing, Fault.LATE_RESIZE)
            low, old = volume.acknowledged(), volume.snapshot('old')
            taken = stage.volumes.request_snapshot(volume, 'new')
            faults.await_held(volume)
            stage.volumes.request_delete(old.id, 'old')
            stage.context.api.cinder.volumes.extend(growing.id, 2)
            faults.await_held(growing)
            with self.cloud.peer() as peer:
                second = Second(stage, self.cloud, peer)
                self.expect(stage, {taken: 'creating', old.id: 'deleting'}, growing)
                faults.lift(volume)
                stage.volumes.await_snapshot(old.id, 'old', 'gone', 'deleting')
                stage.volumes.drop_snapshot(volume, 'old')
                stage.volumes.await_snapshot(taken, 'new', 'available', 'creating')
                keep(stage, volume, low, {taken: 'new'})
                faults.lift(growing)
                stage.context.await_volume(growing, 'in-use', 'extending')
                growing.size = 2 << 30
                second.volumes.delete_snapshot(volume, 'new')

    def expect(self, stage, snapshots, growing):
        found = {each: stage.context.api.snapshot_status(each) for each in snapshots}
        self.assertEqual(snapshots, found)
        self.assertEqual('extending', stage.context.api.volume_status(growing.id))


class OwnershipTest(ClusterCase):
    """What a start makes of statuses that say that something is under way, but not whose it is."""

    def start_second(self):
        with self.cloud.peer():
            pass

    def test_deletion_that_another_service_is_about_to_end_is_left_to_it(self):
        self.play(self.delete)

    def delete(self, stage):
        with stage.step('start with and without somebody who holds the lock of a deletion'):
            volume = stage.volumes.create('v1')
            snapshot_id = stage.volumes.snapshot(volume, 's').id
            stage.volumes.reset_snapshot(snapshot_id, 's', 'deleting')
            # Cinder's volume manager holds it from its first to its last deed.
            lock = fasteners.InterProcessLock(
                self.cloud.locks / f'cinder-{snapshot_id}-delete_snapshot'
            )
            with lock:
                self.start_second()
                self.assertEqual('deleting', stage.context.api.snapshot_status(snapshot_id))
            self.start_second()
            self.assertEqual('error', stage.context.api.snapshot_status(snapshot_id))
            stage.volumes.delete_snapshot(volume, 's')

    def test_extension_of_a_service_that_is_up_is_left_to_it(self):
        self.play(self.extend)

    def extend(self, stage):
        with stage.step('start while the other is up, and once it is down'):
            volume = stage.volumes.create('v1')
            stage.context.api.cinder.volumes.reset_state(volume.id, 'extending')
            self.start_second()
            self.assertEqual('extending', stage.context.api.volume_status(volume.id))
            self.cloud.declare(FIRST, Heartbeat.LONG_AGO)
            self.start_second()
            self.assertEqual('available', stage.context.api.volume_status(volume.id))
            self.cloud.declare(FIRST, Heartbeat.LATELY)
