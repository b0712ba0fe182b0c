# SPDX-License-Identifier: Apache-2.0
"""Snapshots of an attached volume taken and deleted while Nova misbehaves, and repeated after.

Main class: :class:`Trial`, which stories are made of. Each fault has to end in bounded time, in
the way that the story expects, with nothing lost; the next operation on the volume has to go
through; and what failed has to work when it is repeated.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from nova_assist.compute.faults import Fault
from nova_assist.scenarios.context import GONE
from nova_assist.scenarios.errors import StepFailed, TookTooLong
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.tracked import TrackedVolume
from tests.functional.nova_faults import NovaFaults


class Trial:
    """A server whose guest has a volume open with the snapshots ``older`` and ``newer``.

    What is to be taken and deleted at the same time is taken of a second volume, ``fresh``.

    :param seconds: how long any operation may take, whatever Nova does
    :param writing: whether the guest writes all the time; it has written in any case
    """

    def __init__(self, stage: Stage, seconds: float, *, writing: bool = True) -> None:
        self.stage = stage
        self.faults = NovaFaults(stage.context)
        stage.context.patience.seconds = seconds
        self._writing = writing
        with stage.step('attach a volume and take two snapshots'):
            self.server = stage.servers.create('a')
            self.volume = self.attach('v1')
            for name in ('older', 'newer'):
                self._snapshot(name)

    @functools.cached_property
    def fresh(self) -> TrackedVolume:
        """The second volume, attached when it is needed first."""
        return self.attach('v2')

    def attach(self, name: str) -> TrackedVolume:
        """Have the guest use another volume, and write to it."""
        volume = self.stage.volumes.create(name)
        self.stage.servers.attach(self.server, volume)
        self.stage.servers.start_writing(volume)
        return volume

    def succeed(self, fault: Fault) -> None:
        """Take a snapshot and delete one, which has to succeed in spite of a fault."""
        volumes, volume, name = self.stage.volumes, self.volume, fault.value
        with self.stage.step(f'take and delete a snapshot in spite of {name}'):
            low = self.fresh.history.acknowledged
            taken = self._request(fault)
            self.await_end(taken, 'available')
            volumes.keep_snapshot(self.fresh, taken, name, low)
            self.await_end(volume.snapshot('older').id, GONE)
            volumes.drop_snapshot(volume, 'older')
        with self.stage.step(f'go on, and lift {name}', judged=False):
            volumes.delete_snapshot(self.fresh, name)
            self._lift_both()
            self.take_anew('older')

    def fail(self, faults: Mapping[Fault, str]) -> None:
        """Take a snapshot and delete one for each of some faults, which fail; then without.

        :param faults: with a pattern for what Cinder logs
        """
        volumes = self.stage.volumes
        failed = [self._fail(fault, said) for fault, said in faults.items()]
        with self.stage.step('take and delete it again, and remove what is left'):
            volumes.snapshot(self.fresh, 'again')
            volumes.delete_snapshot(self.volume, 'older')
            # A request that is still held acts on whatever is the active file by then.
            self._lift_both()
            for snapshot_id in failed:
                volumes.discard(snapshot_id, 'that failed')
            volumes.delete_snapshot(self.fresh, 'again')
            self.take_anew('older')

    def _fail(self, fault: Fault, said: str) -> str:
        with self.stage.step(f'fail to take and delete because of {fault.value}', ended=False):
            taken = self._request(fault)
            self.await_end(taken, 'error')
            self.expect_logged(taken, said)
            self.fail_deleting('older', said)
        return taken

    def _request(self, fault: Fault) -> str:
        """Ask for a snapshot of the second volume, and for the end of one of the first."""
        for volume in (self.fresh, self.volume):
            self.faults.set(volume, fault)
        taken = self.stage.volumes.request_snapshot(self.fresh, fault.value)
        self.stage.volumes.request_delete(self.volume.snapshot('older').id, 'older')
        return taken

    def _lift_both(self) -> None:
        for volume in (self.fresh, self.volume):
            self.faults.lift(volume)

    def fail_to_delete(
        self, name: str, faults: Mapping[Fault, str], *, lifted: bool = False
    ) -> None:
        """Delete a snapshot for each of some faults, which has to fail; then without a fault.

        :param name: ``older``, which is merged down, or ``newer``, which is pulled up
        :param faults: with a pattern for what Cinder logs
        :param lifted: whether the last fault is lifted before the deletion is repeated
        """
        volumes, volume = self.stage.volumes, self.volume
        for fault, said in faults.items():
            title = f'fail to delete the {name} snapshot because of {fault.value}'
            with self.stage.step(title, ended=False):
                self.faults.set(volume, fault)
                volumes.request_delete(volume.snapshot(name).id, name)
                self.fail_deleting(name, said)
        with self.stage.step(f'delete the {name} snapshot again, and take another'):
            if lifted:
                self.faults.lift(volume)
            volumes.delete_snapshot(volume, name)
            self.faults.lift(volume)
            self.take_anew(name)

    def begin_to_create(self, name: str) -> str:
        """Ask for a snapshot, and return its id once Nova has accepted it and holds it back."""
        self.faults.set(self.volume, Fault.LATE_WORK)
        snapshot_id = self.stage.volumes.request_snapshot(self.volume, name)
        self.faults.await_held(self.volume)
        return snapshot_id

    def begin_to_delete(self, name: str) -> str:
        """Ask for a snapshot's end; return its id once Nova has accepted it and holds it back."""
        self.faults.set(self.volume, Fault.LATE_WORK)
        snapshot_id = self.volume.snapshot(name).id
        self.stage.volumes.request_delete(snapshot_id, name)
        self.faults.await_held(self.volume)
        return snapshot_id

    def finish_creating(self, snapshot_id: str, name: str) -> None:
        """Wait until a snapshot is available, and have it judged from now on.

        The guest has been quiet meanwhile.
        """
        self.await_end(snapshot_id, 'available')
        low = self.volume.history.acknowledged
        self.stage.volumes.keep_snapshot(self.volume, snapshot_id, name, low)

    def fail_deleting(self, name: str, said: str) -> None:
        """Wait until a deletion has failed, and declare the snapshot to be available again."""
        snapshot_id = self.volume.snapshot(name).id
        self.await_end(snapshot_id, 'error_deleting')
        self.expect_logged(snapshot_id, said)
        self.stage.volumes.reset_snapshot(snapshot_id, name, 'available')

    def await_end(self, snapshot_id: str, wanted: str) -> None:
        """Wait for a snapshot's status, whatever Nova makes of it meanwhile.

        :raises StepFailed: if the snapshot doesn't come to it
        """
        context = self.stage.context
        status = GONE

        def reached() -> bool | None:
            nonlocal status
            with refusals('asking for the status of a snapshot'):
                status = context.api.snapshot_status(snapshot_id) or GONE
            return True if status in (wanted, *_FINAL) else None

        try:
            context.patience.wait(f'the end of snapshot {snapshot_id}', reached)
        except TookTooLong as error:
            fault = f'{error}; it still is {status}'
            raise context.failed(fault, wanted, status, snapshot_id, self.volume.id) from error
        if status != wanted:
            fault = f'snapshot {snapshot_id} ended {status}, expected {wanted}'
            raise context.failed(fault, wanted, status, snapshot_id, self.volume.id)

    def expect_logged(self, snapshot_id: str, said: str) -> None:
        """Wait until Cinder has logged an error about a snapshot, which may be after its status.

        :raises StepFailed: if it logs none that matches
        """
        context = self.stage.context
        found = ''

        def logged() -> bool | None:
            nonlocal found
            found = context.cinder_log.errors(snapshot_id, self.volume.id)
            return True if re.search(said, found) else None

        try:
            context.patience.wait('an error in the log', logged, _LOG_SECONDS)
        except TookTooLong as error:
            raise StepFailed('the error does not say what went wrong', said, found) from error

    def take_anew(self, name: str) -> None:
        """Replace a deleted snapshot by a new one, which is the newest of all."""
        if name == 'older':
            self.volume.snapshot('newer').name = 'older'
        self._snapshot('newer')

    def _snapshot(self, name: str) -> None:
        """Take a snapshot after the guest has written, so that there is something to merge."""
        volume = self.volume
        if volume.writer is None:
            self.stage.servers.start_writing(volume)
        enough = volume.history.acknowledged + _WRITES
        self.stage.context.patience.wait(
            "the guest's writes", lambda: volume.history.acknowledged >= enough or None
        )
        if not self._writing:
            self.stage.servers.stop_writing(volume)
        self.stage.volumes.snapshot(volume, name)
        # A server that is stopped before would start with the file from before the snapshot.
        self.stage.servers.await_refresh(volume)


#: What stays; an error may be what Nova says before the driver has looked for itself.
_FINAL = ('available', GONE)

#: How often the guest writes between two snapshots at least.
_WRITES = 20

#: How long a service may take to log what it has answered.
_LOG_SECONDS = 10.0
