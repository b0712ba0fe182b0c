# SPDX-License-Identifier: Apache-2.0
"""Waits for what was under way when a run was stopped; main function: :func:`await_rest`.

Until then Cinder refuses to remove it.
"""

from __future__ import annotations

from collections.abc import Sequence

from nova_assist.scenarios.context import Context
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.tracked import TrackedVolume

_UNDER_WAY = ('reserved', 'backing-up', 'restoring-backup')


def await_rest(context: Context, volumes: Sequence[TrackedVolume]) -> None:
    """Wait until nothing is under way on any of the volumes and their snapshots.

    :raises StepFailed: if it doesn't end, or nobody tells
    """

    def rest() -> bool | None:
        with refusals('asking what is under way'):
            snapshots = context.api.snapshots()
            states = [context.api.volume_status(volume.id) for volume in volumes]
        for volume in volumes:
            states.extend(snapshots.get(volume.id, {}).values())
        return None if any(map(is_under_way, states)) else True

    context.patience.wait('the end of what is under way', rest)


def is_under_way(status: str | None) -> bool:
    """Tell whether a volume or a snapshot is on its way to another status."""
    if status is None or status.startswith('error'):
        return False
    return status.endswith('ing') or status in _UNDER_WAY
