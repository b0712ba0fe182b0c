# SPDX-License-Identifier: Apache-2.0
"""Cinder dies in the middle of an operation, and its owner clears up.

Main class: :class:`Deaths`. The moment is a number of changes of the share, so that it can be
repeated; it is met within a fraction of a millisecond or so. What has to hold afterwards, for any
driver: what was not asked for is unharmed, and what was left half done can be deleted by whoever
owns it, with no more than a reset of its status.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from inotify_simple import INotify, flags

from nova_assist.checks.model import Expectation, Within
from nova_assist.cloud.cloud import Cloud
from nova_assist.scenarios.errors import StepFailed, TookTooLong
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.tracked import TrackedSnapshot, TrackedVolume

_GIB = 1024**3

#: Files made, renamed, removed, and closed after they were written, by whomever.
_CHANGES = flags.CREATE | flags.MOVED_FROM | flags.MOVED_TO | flags.DELETE | flags.CLOSE_WRITE

_PASSING = ('creating', 'deleting', 'extending')
_CHECK_MILLISECONDS = 20

#: Seconds in which a start of Cinder has set right what it finds in a passing status.
_START_SECONDS = 5.0

_Asked = TypeVar('_Asked')


class Deaths:
    """Deaths of one cloud's Cinder, while a stage is played on it."""

    def __init__(self, cloud: Cloud, stage: Stage) -> None:
        """Take the cloud and the stage."""
        self._cloud = cloud
        self._stage = stage

    def restart(self) -> None:
        """Kill Cinder and start it again."""
        self._cloud.cinder.kill()
        self._cloud.cinder.start()

    def in_snapshot(self, volume: TrackedVolume, name: str, change: int) -> None:
        """Die while a snapshot is taken; one that isn't available then is deleted.

        :raises StepFailed: it can't be deleted
        """
        volumes, api = self._stage.volumes, self._stage.context.api
        low = volume.history.acknowledged
        made = self._die(
            change,
            lambda: volumes.request_snapshot(volume, name),
            lambda snapshot: api.snapshot_status(snapshot) in _PASSING,
        )
        if self._settled(lambda: api.snapshot_status(made)) != 'available':
            self._discard(made, name)
            return
        data: Expectation = volume.data()
        if volume.writer is not None:
            data = Within(volume.size, volume.history, low, volume.history.issued)
        volume.snapshots.append(TrackedSnapshot(made, name, data))

    def in_deletion(self, snapshot: TrackedSnapshot, change: int) -> None:
        """Die while a snapshot is deleted, which is deleted again then.

        :raises StepFailed: it can't be
        """
        volumes, api = self._stage.volumes, self._stage.context.api
        self._die(
            change,
            lambda: volumes.request_delete(snapshot.id, snapshot.name),
            lambda _: api.snapshot_status(snapshot.id) in _PASSING,
        )
        self._discard(snapshot.id, snapshot.name)

    def in_extension(self, volume: TrackedVolume, gib: int, change: int) -> None:
        """Die while a volume is made larger; it is asked for again if that didn't come true.

        :raises StepFailed: it doesn't get its size
        """
        context = self._stage.context
        api = context.api

        def ask() -> None:
            with refusals(f'extending volume {volume.name} to {gib} GiB'):
                api.cinder.volumes.extend(volume.id, gib)

        self._die(change, ask, lambda _: api.volume_status(volume.id) in _PASSING)
        if self._settled(lambda: api.volume_status(volume.id)) != 'available':
            with refusals(f'resetting the status of volume {volume.name}'):
                api.cinder.volumes.reset_state(volume.id, 'available')
        with refusals(f'asking for the size of volume {volume.name}'):
            size = api.cinder.volumes.get(volume.id).size
        if size < gib:
            self._stage.volumes.extend(volume, gib)
        volume.size = gib * _GIB

    def in_copy(self, gib: int, source: Mapping[str, str], change: int) -> None:
        """Die while a volume is made from something; it is deleted then, whatever its status.

        :raises StepFailed: it can't be deleted
        """
        context = self._stage.context
        api = context.api

        def ask() -> str:
            with refusals('creating a volume that is cut short'):
                made = api.cinder.volumes.create(
                    gib, name='cut-short', volume_type=context.image_format, **source
                )
            return str(made.id)

        made = self._die(change, ask, lambda volume: api.volume_status(volume) in _PASSING)
        if self._settled(lambda: api.volume_status(made)) in _PASSING:
            with refusals('resetting the status of the volume that was cut short'):
                api.cinder.volumes.reset_state(made, 'error')
        with refusals('deleting the volume that was cut short'):
            api.cinder.volumes.delete(made)
        context.await_status(
            f'the volume that was cut short ({made})',
            [made],
            lambda: api.volume_status(made),
            'gone',
            ['deleting'],
        )

    def clear_other_snapshots(self, volume: TrackedVolume) -> None:
        """Delete the snapshots of a volume that the story has not taken.

        :raises StepFailed: one can't be deleted
        """
        with refusals(f'listing the snapshots of volume {volume.name}'):
            found = self._stage.context.api.snapshots().get(volume.id, {})
        for snapshot_id in found.keys() - {snapshot.id for snapshot in volume.snapshots}:
            self._discard(snapshot_id, 'that a clone has left')

    def _die(
        self, change: int, ask: Callable[[], _Asked], goes_on: Callable[[_Asked], bool]
    ) -> _Asked:
        """Ask for something, kill Cinder at a change of the share or at the end, start it."""
        with INotify() as watch:
            watch.add_watch(self._stage.context.share, _CHANGES)
            asked = ask()
            seen = 0
            while seen < change:
                events = watch.read(timeout=_CHECK_MILLISECONDS)
                seen += len(events)
                if not events and not goes_on(asked):
                    break
            self.restart()
        return asked

    def _settled(self, look: Callable[[], str | None]) -> str:
        """Wait for a status that lasts; returns it, or the passing one that stays."""

        def lasting() -> str | None:
            with refusals('asking for a status'):
                found = look() or 'gone'
            return None if found in _PASSING else found

        try:
            return self._stage.context.patience.wait('a status', lasting, _START_SECONDS)
        except TookTooLong:
            with refusals('asking for a status'):
                return look() or 'gone'

    def _discard(self, snapshot_id: str, name: str) -> None:
        """Delete what is left of a snapshot, again while Nova or QEMU are still at it.

        :raises StepFailed: it doesn't go
        """
        volumes, context = self._stage.volumes, self._stage.context
        failures: list[StepFailed] = []

        def gone() -> bool | None:
            status = self._settled(lambda: context.api.snapshot_status(snapshot_id))
            if status in _PASSING:
                volumes.reset_snapshot(snapshot_id, name, 'error')
            if status == 'gone':
                volumes.forget(snapshot_id)
                return True
            try:
                volumes.discard(snapshot_id, name)
            except StepFailed as error:
                failures.append(error)
                return None
            return True

        try:
            context.patience.wait(f'the end of snapshot {name}', gone)
        except TookTooLong as error:
            raise failures[-1] if failures else error from error
