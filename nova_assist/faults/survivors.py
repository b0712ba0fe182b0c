# SPDX-License-Identifier: Apache-2.0
"""What is left of volumes and snapshots after the death of a service, as Cinder lists it.

Main functions: :func:`snapshot` and :func:`volume`. They are looked up by name, for the answer
that had the id may have died with the service.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from nova_assist.scenarios.context import GONE, Context
from nova_assist.scenarios.errors import StepFailed, TookTooLong
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.tracked import TrackedVolume

__all__ = ('GONE', 'Survivor', 'snapshot', 'volume')

#: How long something may be under way after a restart until it is stuck: what a service does at
#: its start it has done by the time that it answers, or does right then.
_SETTLING_SECONDS = 10.0


@dataclasses.dataclass(frozen=True)
class Survivor:
    """Something that Cinder lists, or ``gone`` with no id; ``gib`` is its size."""

    id: str
    status: str
    gib: int = 0


_NOTHING = Survivor('', GONE)


def snapshot(stage: Stage, of: TrackedVolume, name: str, pending: str) -> Survivor:
    """Return a snapshot by its name once it is no longer ``pending``, or is stuck in that."""
    context = stage.context

    def look() -> Survivor:
        with refusals(f'listing the snapshots of volume {of.name}'):
            found = context.api.cinder.volume_snapshots.list(search_opts={'volume_id': of.id})
        return _named(context, found, name)

    survivor = _settled(context, look, pending)
    if survivor.id:
        context.made.add(
            survivor.id, f'snapshot {name}', lambda: stage.volumes.discard(survivor.id, name)
        )
    return survivor


def volume(context: Context, name: str, pending: str) -> Survivor:
    """Return a volume by its name once it is no longer ``pending``, or is stuck in that."""

    def look() -> Survivor:
        with refusals(f'looking for volume {name}'):
            return _named(context, context.api.cinder.volumes.list(), name)

    return _settled(context, look, pending)


def backup(context: Context, name: str, pending: str) -> Survivor:
    """Return a backup by its name once it is no longer ``pending``, or is stuck in that."""

    def look() -> Survivor:
        with refusals(f'looking for backup {name}'):
            return _named(context, context.api.cinder.backups.list(), name)

    return _settled(context, look, pending)


def stuck(what: str, status: str) -> StepFailed:
    """Return the error for something that nobody is at work on and that is not usable."""
    return StepFailed(
        f'{what} is stuck in {status} after the restart',
        'a status that can be gone on from',
        status,
    )


def remove(context: Context, volume_id: str, *, cascade: bool = False) -> None:
    """Delete a volume, even one whose creation or deletion failed, and wait for its end.

    :param cascade: its snapshots too
    :raises StepFailed: it is refused or doesn't end
    """
    with refusals(f'deleting volume {volume_id}'):
        context.api.cinder.volumes.delete(volume_id, cascade=cascade)
    context.await_status(
        f'volume {volume_id}',
        [volume_id],
        lambda: context.api.volume_status(volume_id),
        GONE,
        ['deleting'],
    )
    context.made.drop(volume_id)


def remove_volumes(context: Context, name: str) -> None:
    """Delete every volume of that name.

    :raises StepFailed: it is refused or doesn't end
    """
    with refusals(f'looking for volume {name}'):
        found = context.api.cinder.volumes.list()
    for each in found:
        if each.name == _full(context, name):
            remove(context, each.id)


def remove_unknown_snapshots(stage: Stage, of: TrackedVolume) -> None:
    """Delete the snapshots of a volume that are not tracked, as an operator would.

    :raises StepFailed: one is stuck, refused or doesn't end
    """
    known = {each.id for each in of.snapshots}
    with refusals(f'listing the snapshots of volume {of.name}'):
        found = stage.context.api.cinder.volume_snapshots.list(search_opts={'volume_id': of.id})
    for each in found:
        if each.id not in known:
            if each.status not in ('available', 'error', 'error_deleting'):
                raise stuck(f'snapshot {each.name}', each.status)
            stage.volumes.discard(each.id, each.name)


def make_usable(context: Context, volume_id: str, status: str = 'available') -> None:
    """Give a volume a status, as an administrator would if an operation on it failed.

    :raises StepFailed: it is refused
    """
    if context.api.volume_status(volume_id) in ('error', 'error_extending', 'error_restoring'):
        with refusals(f'resetting the status of volume {volume_id}'):
            context.api.cinder.volumes.reset_state(volume_id, status)


def _settled(context: Context, look: Callable[[], Survivor], pending: str) -> Survivor:
    last = _NOTHING

    def settled() -> Survivor | None:
        nonlocal last
        last = look()
        return None if last.status == pending else last

    try:
        return context.patience.wait('an end of what was under way', settled, _SETTLING_SECONDS)
    except TookTooLong:
        return last


def _named(context: Context, listed: Any, name: str) -> Survivor:
    for each in listed:
        if each.name == _full(context, name):
            return Survivor(each.id, each.status, int(each.size))
    return _NOTHING


def _full(context: Context, name: str) -> str:
    return f'{context.scenario}-{name}'
