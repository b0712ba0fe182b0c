# SPDX-License-Identifier: Apache-2.0
"""Cinder dies in the middle of an operation of a free play, and its owner clears up.

Main class: :class:`Deaths`. What has to hold afterwards, for any driver: what was not asked for is
unharmed, nothing is stuck, and what was left half done can be deleted by whoever owns it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nova_assist.checks.model import Expectation, Within
from nova_assist.cloud.cloud import Cloud
from nova_assist.faults import survivors
from nova_assist.faults.survivors import GONE, Survivor
from nova_assist.faults.trap import Trap
from nova_assist.scenarios.errors import StepFailed, TookTooLong
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.tracked import TrackedSnapshot, TrackedVolume

_GIB = 1024**3
_CUT_SHORT = 'cut-short'
_PASSING = ('creating', 'deleting', 'extending', 'reverting')
_FAILED = ('error', 'error_deleting', 'error_extending')


class Deaths:
    """Deaths of one cloud's Cinder, while a stage is played on it.

    :param trap: what Cinder's process was put into
    """

    def __init__(self, cloud: Cloud, stage: Stage, trap: Trap) -> None:
        self._cloud = cloud
        self._stage = stage
        self._trap = trap

    def restart(self) -> None:
        """Kill Cinder, if it has not died, and start it again."""
        self._cloud.cinder.kill()
        self._cloud.cinder.start()

    def in_snapshot(self, volume: TrackedVolume, name: str, effect: int) -> None:
        """Die while a snapshot is taken; one that isn't available then is deleted.

        :raises StepFailed: it is stuck, or can't be deleted
        """
        low = volume.history.acknowledged
        found = self._die(
            effect,
            lambda: self._stage.volumes.request_snapshot(volume, name),
            lambda pending: survivors.snapshot(self._stage, volume, name, pending),
        )
        if found.status == 'available':
            data: Expectation = volume.data()
            if volume.writer is not None:
                data = Within(volume.size, volume.history, low, volume.history.issued)
            volume.snapshots.append(TrackedSnapshot(found.id, name, data))
        elif found.status != GONE:
            self._discard(found.id, name)

    def in_deletion(self, volume: TrackedVolume, snapshot: TrackedSnapshot, effect: int) -> None:
        """Die while a snapshot is deleted, which is deleted again then.

        :raises StepFailed: it is stuck, or can't be deleted
        """
        found = self._die(
            effect,
            lambda: self._stage.volumes.request_delete(snapshot.id, snapshot.name),
            lambda pending: survivors.snapshot(self._stage, volume, snapshot.name, pending),
        )
        if found.status == GONE:
            self._stage.volumes.forget(snapshot.id)
        else:
            self._discard(snapshot.id, snapshot.name)

    def in_extension(self, volume: TrackedVolume, gib: int, effect: int) -> None:
        """Die while a volume is made larger; it is asked for again if that didn't come true.

        :raises StepFailed: it is stuck, or doesn't get its size
        """
        context = self._stage.context

        def ask() -> None:
            with refusals(f'extending volume {volume.name} to {gib} GiB'):
                context.api.cinder.volumes.extend(volume.id, gib)

        found = self._die(
            effect, ask, lambda pending: survivors.volume(context, volume.name, pending)
        )
        volume.size = found.gib * _GIB
        if found.gib < gib:
            survivors.make_usable(context, volume.id)
            self._stage.volumes.extend(volume, gib)

    def in_revert(self, volume: TrackedVolume, snapshot: TrackedSnapshot, effect: int) -> None:
        """Die while a volume is reverted; it is asked for again if that has failed.

        :raises StepFailed: it is stuck, or can't be reverted
        """
        context, volumes = self._stage.context, self._stage.volumes
        found = self._die(
            effect,
            lambda: volumes.request_revert(volume, snapshot.name),
            lambda pending: survivors.volume(context, volume.name, pending),
        )
        volumes.await_snapshot(snapshot.id, snapshot.name, 'available', 'restoring')
        if found.status == 'error':
            survivors.make_usable(context, volume.id)
            volumes.revert(volume, snapshot.name)
        else:
            volumes.take_back(volume, snapshot.name)

    def in_copy(self, gib: int, source: Mapping[str, str], effect: int) -> None:
        """Die while a volume is made from something; it is deleted then, whatever its status.

        :raises StepFailed: it is stuck, or can't be deleted
        """
        context = self._stage.context

        def ask() -> None:
            with refusals('creating a volume that is cut short'):
                context.api.cinder.volumes.create(
                    gib,
                    name=f'{context.scenario}-{_CUT_SHORT}',
                    volume_type=context.image_format,
                    **source,
                )

        self._die(effect, ask, lambda pending: survivors.volume(context, _CUT_SHORT, pending))
        survivors.remove_volumes(context, _CUT_SHORT)

    def clear_other_snapshots(self, volume: TrackedVolume) -> None:
        """Delete the snapshots of a volume that the story has not taken.

        :raises StepFailed: one is stuck or can't be deleted
        """
        survivors.remove_unknown_snapshots(self._stage, volume)

    def _die(
        self, effect: int, ask: Callable[[], object], look: Callable[[str], Survivor]
    ) -> Survivor:
        """Ask for something, have Cinder die before an effect of it or at its end, start it.

        :param look: finds what was asked for once it has left a status
        :raises StepFailed: it is stuck in a passing status
        """
        context = self._stage.context
        self._trap.arm(context.share, effect)
        try:
            ask()
            context.patience.wait(
                'the end of an operation',
                lambda: self._trap.deed or look('').status not in _PASSING or None,
            )
        except StepFailed:
            if not self._trap.deed:
                raise
        finally:
            self._trap.disarm()
        self.restart()
        found = look('')
        if found.status in _PASSING:
            found = look(found.status)
        if found.status not in (*_FAILED, 'available', 'in-use', GONE):
            raise survivors.stuck('what was asked for', found.status)
        return found

    def _discard(self, snapshot_id: str, name: str) -> None:
        """Delete what is left of a snapshot, again while Nova or QEMU are still at it.

        :raises StepFailed: it doesn't go
        """
        failures: list[StepFailed] = []

        def gone() -> bool | None:
            try:
                self._stage.volumes.discard(snapshot_id, name)
            except StepFailed as error:
                failures.append(error)
                return None
            return True

        try:
            self._stage.context.patience.wait(f'the end of snapshot {name}', gone)
        except TookTooLong as error:
            raise failures[-1] from error
