# SPDX-License-Identifier: Apache-2.0
"""The story of a cluster one of whose two Cinders dies while it works for a guest.

Main object: :data:`STORY`. The other one goes on meanwhile, and settles what the dead one has left
once Cinder takes that for down.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator

from nova_assist.compute.faults import Fault
from nova_assist.scenarios.context import GONE
from nova_assist.scenarios.errors import NotPossible
from nova_assist.scenarios.partner import Partner
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story
from nova_assist.scenarios.tracked import TrackedVolume
from nova_assist.scenarios.volumes import Volumes


def _play(stage: Stage) -> None:
    partner = stage.context.partner
    if partner is None:
        raise NotPossible('there is one Cinder; --cluster makes two of one cluster')
    second = Volumes(dataclasses.replace(stage.context, api=partner.api), stage.guests)
    second.all = stage.volumes.all
    with stage.step('attach two volumes to servers whose guests write'):
        volume, other = (_attached(stage, name) for name in ('v1', 'v2'))
    try:
        _die_creating(stage, partner, second, volume, other)
        _die_deleting(stage, partner, second, volume, other)
    finally:
        partner.come_back()


def _die_creating(
    stage: Stage, partner: Partner, second: Volumes, volume: TrackedVolume, other: TrackedVolume
) -> None:
    low = volume.acknowledged()
    with stage.step('one dies while it takes a snapshot, and the other goes on', judged=False):
        with _held(stage, partner, volume):
            taken = second.request_snapshot(volume, 'taken')
            _await_held(stage, partner, volume)
            _go_on_without(stage, partner, other)
        status = _await_end(stage, taken, 'creating')
        if status == 'available':
            stage.volumes.keep_snapshot(volume, taken, 'taken', low)
        else:
            stage.volumes.discard(taken, 'taken')
    with stage.step('the other takes a snapshot of that volume too'):
        stage.volumes.snapshot(volume, 'next')
    with stage.step('it comes back, and deletes what the other has made'):
        partner.come_back()
        second.delete_snapshot(volume, 'next')
    if status == 'available':
        with stage.step('delete the snapshot'):
            second.delete_snapshot(volume, 'taken')


def _die_deleting(
    stage: Stage, partner: Partner, second: Volumes, volume: TrackedVolume, other: TrackedVolume
) -> None:
    with stage.step('take two snapshots'):
        doomed = second.snapshot(volume, 'doomed')
        stage.volumes.snapshot(volume, 'young')
    with stage.step(
        'one dies while it deletes the older one, and the other goes on', judged=False
    ):
        with _held(stage, partner, volume):
            second.request_delete(doomed.id, 'doomed')
            _await_held(stage, partner, volume)
            _go_on_without(stage, partner, other)
        if _await_end(stage, doomed.id, 'deleting') == GONE:
            stage.volumes.drop_snapshot(volume, 'doomed')
        else:
            stage.volumes.discard(doomed.id, 'doomed')
    with stage.step('the other deletes the younger one'):
        stage.volumes.delete_snapshot(volume, 'young')
    with stage.step('it comes back, and works again'):
        partner.come_back()
        second.snapshot(volume, 'last')
        stage.volumes.delete_snapshot(volume, 'last')


def _attached(stage: Stage, name: str) -> TrackedVolume:
    volume = stage.volumes.create(name)
    stage.servers.attach(stage.servers.create(f'server-{name}'), volume)
    stage.servers.start_writing(volume)
    return volume


@contextlib.contextmanager
def _held(stage: Stage, partner: Partner, volume: TrackedVolume) -> Iterator[None]:
    """Have compute hold back what it is asked for a volume, for the length of the block."""
    with refusals('having compute hold requests back'):
        partner.api.set_fault(volume.id, Fault.LATE_WORK.value, 1)
    try:
        yield
    finally:
        with refusals('having compute go on'):
            partner.api.lift_fault(volume.id)


def _await_held(stage: Stage, partner: Partner, volume: TrackedVolume) -> None:
    with refusals('asking what compute holds back'):
        stage.context.patience.wait(
            f'a request to compute for volume {volume.name}',
            lambda: partner.api.fault(volume.id).held or None,
        )


def _go_on_without(stage: Stage, partner: Partner, other: TrackedVolume) -> None:
    partner.kill()
    stage.volumes.snapshot(other, 'meanwhile')
    stage.volumes.delete_snapshot(other, 'meanwhile')
    partner.go_down()


def _await_end(stage: Stage, snapshot_id: str, pending: str) -> str:
    """Wait until a snapshot isn't ``pending`` any more; return its status."""

    def look() -> str | None:
        status = stage.context.api.snapshot_status(snapshot_id) or GONE
        return None if status == pending else status

    with refusals('asking for the status of a snapshot'):
        return stage.context.patience.wait(f'the end of "{pending}"', look)


STORY = Story(
    'cluster',
    'one of two Cinders dies while it takes and deletes a snapshot for a guest, the other goes on',
    _play,
    slow='the cloud needs two Cinders of one cluster (--cluster)',
    alone=True,
)
