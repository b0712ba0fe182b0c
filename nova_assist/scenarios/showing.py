# SPDX-License-Identifier: Apache-2.0
"""Gathers what Cinder and the guests say of a scenario's volumes; main function: :func:`volumes`.

What the share says of them is looked up by the judges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nova_assist.checks import scene
from nova_assist.scenarios.context import Context
from nova_assist.scenarios.errors import StepFailed
from nova_assist.scenarios.guests import Guests
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.tracked import TrackedVolume


def volumes(
    context: Context, guests: Guests, known: Sequence[TrackedVolume]
) -> tuple[scene.Volume, ...]:
    """Return the volumes that should exist, with what is said of each.

    :raises StepFailed: nobody tells, or a guest has no disk of a volume that is attached to it
    """
    with refusals('asking what there is to judge'):
        snapshots, attachments = context.api.snapshots(), context.api.attachments()
    disks = _disks(guests, known)
    return tuple(
        scene.Volume(
            volume.id,
            volume.name,
            'raw' if volume.encrypted else volume.image_format,
            volume.data(),
            _snapshots(volume, snapshots.get(volume.id, {})),
            tuple(attachments.get(volume.id, ())),
            disks.get(volume.id),
            volume.server is not None and volume.server.running,
            volume.name_id,
            volume.encrypted,
        )
        for volume in known
    )


def _disks(guests: Guests, known: Sequence[TrackedVolume]) -> Mapping[str, scene.GuestDisk]:
    """Return what the running guests have of the volumes, by volume id."""
    servers = {each.server.id: each.server for each in known if each.server}
    told = {
        ident: guests.disks(server) for ident, server in sorted(servers.items()) if server.running
    }
    disks = {volume: disk for each in told.values() for volume, disk in (each or {}).items()}
    for volume in known:
        has = told.get(volume.server.id) if volume.server else None
        if has is not None and volume.id not in has:
            raise StepFailed(
                f'the guest has no disk for volume {volume.name}',
                volume.id,
                ', '.join(disks) or 'no disks',
            )
    return disks


def _snapshots(volume: TrackedVolume, statuses: dict[str, str]) -> tuple[scene.Snapshot, ...]:
    """Join the snapshots that should be there with those that are."""
    known = {snapshot.id for snapshot in volume.snapshots}
    tracked = [
        scene.Snapshot(
            snapshot.id, snapshot.name, statuses.get(snapshot.id), snapshot.data, snapshot.seen
        )
        for snapshot in volume.snapshots
    ]
    others = [
        scene.Snapshot(found, 'not made by this scenario', status, None)
        for found, status in sorted(statuses.items())
        if found not in known
    ]
    return (*tracked, *others)
