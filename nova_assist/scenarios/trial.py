# SPDX-License-Identifier: Apache-2.0
"""Snapshots of an attached volume taken and deleted while Nova misbehaves, and repeated after.

Main class: :class:`Trial`, which stories are made of. Each fault has to end in bounded time, in
the way that the story expects, with nothing lost; the next operation on the volume has to go
through; and what failed has to work when it is repeated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from nova_assist.compute.faults import Fault
from nova_assist.scenarios.context import GONE
from nova_assist.scenarios.errors import StepFailed, TookTooLong
from nova_assist.scenarios.nova_faults import NovaFaults
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.stage import Stage


class Trial:
    """A volume with the snapshots ``older`` and ``newer``, and a server whose guest has it open.

    :param seconds: how long any operation may take, whatever Nova does
    :param name: of the volume
    :param writing: whether the guest writes all the time; it has written in any case
    """

    def __init__(
        self, stage: Stage, seconds: float, name: str = 'v1', *, writing: bool = True
    ) -> None:
        self.stage = stage
        self.faults = NovaFaults(stage.context)
        stage.context.patience.seconds = seconds
        with stage.step('attach a volume and take two snapshots'):
            self.volume = stage.volumes.create(name)
            self.server = stage.servers.create(f'of-{name}')
            stage.servers.attach(self.server, self.volume)
            self._writing = writing
            for snapshot in ('older', 'newer'):
                self._snapshot(snapshot)

    def create(self, fault: Fault) -> None:
        """Take a snapshot, which has to succeed in spite of a fault, and delete it."""
        volumes, volume = self.stage.volumes, self.volume
        with self.stage.step(f'take a snapshot in spite of {fault.value}'):
            self.faults.set(volume, fault)
            low = volume.history.acknowledged
            snapshot_id = volumes.request_snapshot(volume, fault.value)
            self.await_end(snapshot_id, 'available')
            volumes.keep_snapshot(volume, snapshot_id, fault.value, low)
        with self.stage.step(f'delete it, and lift {fault.value}', judged=False):
            volumes.delete_snapshot(volume, fault.value)
            self.faults.lift(volume)

    def fail_to_create(self, faults: Mapping[Fault, str]) -> None:
        """Take a snapshot for each of some faults, which has to fail; then without a fault.

        :param faults: with a pattern for what Cinder logs
        """
        volumes, volume = self.stage.volumes, self.volume
        failed = [self._fail_to_create(fault, said) for fault, said in faults.items()]
        with self.stage.step('take it again, and remove what is left of those that failed'):
            volumes.snapshot(volume, 'again')
            self.faults.lift(volume)
            for snapshot_id in failed:
                volumes.discard(snapshot_id, 'that failed')
            volumes.delete_snapshot(volume, 'again')

    def _fail_to_create(self, fault: Fault, said: str) -> str:
        with self.stage.step(f'fail to take a snapshot because of {fault.value}'):
            self.faults.set(self.volume, fault)
            snapshot_id = self.stage.volumes.request_snapshot(self.volume, fault.value)
            self.await_end(snapshot_id, 'error')
            self.expect_logged(snapshot_id, said)
        return snapshot_id

    def delete(self, name: str, fault: Fault) -> None:
        """Delete a snapshot, which has to succeed in spite of a fault, and take it anew.

        :param name: ``older``, which is merged down, or ``newer``, which is pulled up
        """
        volumes, volume = self.stage.volumes, self.volume
        snapshot = volume.snapshot(name)
        with self.stage.step(f'delete the {name} snapshot in spite of {fault.value}'):
            self.faults.set(volume, fault)
            volumes.request_delete(snapshot.id, name)
            self.await_end(snapshot.id, GONE)
            volumes.drop_snapshot(volume, name)
        with self.stage.step(f'lift {fault.value}, and take another', judged=False):
            self.faults.lift(volume)
            self.take_anew(name)

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
            self._fail_to_delete(name, fault, said)
        with self.stage.step(f'delete the {name} snapshot again, and take another'):
            if lifted:
                self.faults.lift(volume)
            volumes.delete_snapshot(volume, name)
            # A request that is still held acts on whatever is the active file by then.
            self.faults.lift(volume)
            self.take_anew(name)

    def _fail_to_delete(self, name: str, fault: Fault, said: str) -> None:
        title = f'fail to delete the {name} snapshot because of {fault.value}'
        with self.stage.step(title, ended=False):
            self.faults.set(self.volume, fault)
            self.stage.volumes.request_delete(self.volume.snapshot(name).id, name)
            self.fail_deleting(name, said)

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


#: What stays; an error may be what Nova says before the driver has looked for itself.
_FINAL = ('available', GONE)

#: How often the guest writes between two snapshots at least.
_WRITES = 20

#: How long a service may take to log what it has answered.
_LOG_SECONDS = 10.0
