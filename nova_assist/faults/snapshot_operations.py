# SPDX-License-Identifier: Apache-2.0
"""Taking and deleting snapshots, as operations that a service may die in.

Main classes: :class:`CreateSnapshot` and :class:`DeleteSnapshot`.
"""

from __future__ import annotations

import abc
import contextlib
from collections.abc import Mapping

from nova_assist.checks.model import Expectation, Within
from nova_assist.faults import survivors
from nova_assist.faults.operation import Operation
from nova_assist.faults.survivors import GONE
from nova_assist.faults.victims import Victim
from nova_assist.scenarios.errors import GuestIoError, NotPossible, StepFailed
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.tracked import TrackedSnapshot, TrackedVolume
from nova_assist.scenarios.volumes import Volumes
from nova_assist.scenarios.waiting import OPERATION_SECONDS

_NEW = 'new'
#: How long this project's driver waits for compute; other drivers wait for two hours.
_TIMES = ('nfs_assisted_create_timeout', 'nfs_assisted_delete_timeout')


def gives_up_soon(options: Mapping[str, str]) -> bool:
    """Return whether by its options a driver waits for compute for less time than a step has."""
    given = [options.get(name, '') for name in _TIMES]
    return all(each.isdecimal() and int(each) < OPERATION_SECONDS / 2 for each in given)


class OnVolume(Operation):
    """An operation on a volume with snapshots, used by a guest or not."""

    online = False
    snapshots: tuple[str, ...] = ()

    def prepare(self) -> None:
        """Make the volume, with a guest that writes to it if that is asked for."""
        volume = self._written_volume(online=self.online)
        for name in self.snapshots:
            self.stage.volumes.snapshot(volume, name)
            if self.online:
                self.stage.servers.await_refresh(volume)
            else:
                self.stage.volumes.write(volume)

    @abc.abstractmethod
    def clear(self) -> None:
        """Delete what has failed, if anything has.

        :raises StepFailed: it can't be deleted
        """

    @property
    def volumes(self) -> Volumes:
        """Has it done."""
        return self.stage.volumes

    def is_tracked(self, name: str) -> bool:
        """Tell whether a snapshot of that name should be there."""
        return any(each.name == name for each in self.target.snapshots)

    @property
    def target(self) -> TrackedVolume:
        """The volume, which is there once all is prepared."""
        if self.volume is None:
            raise StepFailed('the operation was not prepared', 'a volume', 'none')
        return self.volume


class CreateSnapshot(OnVolume):
    """Take a snapshot of a volume that has one."""

    snapshots = ('s1',)

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._low = 0
        self._failed = ''

    def act(self) -> None:
        """Take the snapshot."""
        self._low = self.target.history.acknowledged
        self.volumes.snapshot(self.target, _NEW)

    def survey(self) -> None:
        """See that it is there or has failed."""
        volume = self.target
        if self.is_tracked(_NEW):
            return  # it was there before the death
        found = survivors.snapshot(self.stage, volume, _NEW, 'creating')
        if found.status == 'available':
            volume.snapshots.append(TrackedSnapshot(found.id, _NEW, self._data()))
        elif found.status == 'error':
            self._failed = found.id
        elif found.status != GONE:
            raise survivors.stuck(f'snapshot {_NEW}', found.status)

    def repeat(self) -> None:
        """Delete what has failed, and take another one."""
        self.clear()
        self.stage.volumes.snapshot(self.target, 'again')

    def clear(self) -> None:
        """Delete the snapshot if it has failed."""
        if self._failed:
            self.stage.volumes.discard(self._failed, _NEW)
            self._failed = ''

    def _data(self) -> Expectation:
        volume = self.target
        if volume.writer is None:
            return volume.data()
        return Within(volume.size, volume.history, self._low, volume.history.issued)


class CreateSnapshotOnline(CreateSnapshot):
    """Take a snapshot of a volume that has one, while a guest writes to it."""

    online = True


class DeleteSnapshot(OnVolume):
    """Delete a snapshot; subclasses say which."""

    deleted = ''

    def act(self) -> None:
        """Delete it."""
        self.volumes.delete_snapshot(self.target, self.deleted)

    def survey(self) -> None:
        """See that it is gone, whole, or known to be neither."""
        volume = self.target
        if not self.is_tracked(self.deleted):
            return  # it was gone before the death
        tracked = volume.snapshot(self.deleted)
        found = survivors.snapshot(self.stage, volume, self.deleted, 'deleting')
        if found.status == GONE:
            volume.snapshots.remove(tracked)
            self.stage.context.made.drop(tracked.id)
        elif found.status in ('error', 'error_deleting'):
            tracked.data = None  # it was to go: nobody may rely on it
        elif found.status != 'available':
            raise survivors.stuck(f'snapshot {self.deleted}', found.status)

    def repeat(self) -> None:
        """Delete it again."""
        self.clear()

    def clear(self) -> None:
        """Delete it, if it is there."""
        for tracked in list(self.target.snapshots):
            if tracked.name == self.deleted:
                self.stage.volumes.discard(tracked.id, tracked.name)


class DeleteOnly(DeleteSnapshot):
    """Delete the only snapshot."""

    snapshots = ('s1',)
    deleted = 's1'


class DeleteOldest(DeleteSnapshot):
    """Delete the oldest of three snapshots."""

    snapshots = ('s1', 's2', 's3')
    deleted = 's1'


class DeleteMiddle(DeleteOldest):
    """Delete the middle one of three snapshots."""

    deleted = 's2'


class DeleteNewest(DeleteOldest):
    """Delete the newest of three snapshots."""

    deleted = 's3'


class DeleteOnlyOnline(DeleteOnly):
    """Delete the only snapshot, while a guest writes to the volume."""

    online = True


class DeleteOldestOnline(DeleteOldest):
    """Delete the oldest of three snapshots, while a guest writes to the volume."""

    online = True


class DeleteMiddleOnline(DeleteMiddle):
    """Delete the middle one of three snapshots, while a guest writes to the volume."""

    online = True


class DeleteNewestOnline(DeleteNewest):
    """Delete the newest of three snapshots, while a guest writes to the volume."""

    online = True


class _WithoutCompute(OnVolume):
    """A compute service that dies, while Cinder lives on and gives up after its time."""

    victim = Victim.COMPUTE

    def prepare(self) -> None:
        """Make the volume.

        :raises NotPossible: the driver may wait for compute for longer than we wait for it
        """
        if not gives_up_soon(self.stage.context.options):
            words = ' '.join(f'--option {name}=10' for name in _TIMES)
            raise NotPossible(
                'nobody tells Cinder of this death, and the driver may wait for hours; '
                f"with this project's driver add {words}"
            )
        super().prepare()

    def settle(self) -> None:
        """Clear what has failed: QEMU may have held files open until compute ran again.

        Then it is the next operation that settles what has become of them.
        """
        self.clear()


class CreateSnapshotWithoutCompute(_WithoutCompute, CreateSnapshotOnline):
    """Take a snapshot while a guest writes, with a compute service that dies."""


class DeleteOldestWithoutCompute(_WithoutCompute, DeleteOldestOnline):
    """Delete the oldest of three snapshots while a guest writes, with a compute that dies."""


class DeleteNewestWithoutCompute(_WithoutCompute, DeleteNewestOnline):
    """Delete the newest of three snapshots while a guest writes, with a compute that dies."""


class DeleteOnlyWithoutCompute(_WithoutCompute, DeleteOnlyOnline):
    """Delete the only snapshot while a guest writes, with a compute service that dies."""


class CommitWithoutGuest(DeleteOldestOnline):
    """Delete the oldest of three snapshots, with a guest that dies in the middle of the commit."""

    victim = Victim.QEMU

    def act(self) -> None:
        """Delete it while the guest is at rest: what it has not flushed may die with it."""
        if self.target.writer is not None:
            self.target.writer.pause()
        super().act()

    def revive(self) -> None:
        """Start the guest again; what it had written it has flushed."""
        volume, servers = self.target, self.stage.servers
        with contextlib.suppress(GuestIoError):
            servers.stop_writing(volume)
        if volume.server is not None:
            servers.await_stopped(volume.server)
            servers.start(volume.server)
            servers.start_writing(volume)


class PullWithoutGuest(CommitWithoutGuest):
    """Delete the newest of four snapshots, with a guest that dies in the middle of the pull."""

    deleted = 's4'

    def act(self) -> None:
        """Take it while the guest is at rest, so that all below it has to be pulled; delete it."""
        if self.target.writer is not None:
            self.target.writer.pause()
        self.stage.volumes.snapshot(self.target, self.deleted)
        self.stage.servers.await_refresh(self.target)
        super().act()
