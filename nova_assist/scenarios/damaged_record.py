# SPDX-License-Identifier: Apache-2.0
"""The story of a share that was damaged: a broken record, and a volume file that vanished.

Main object: :data:`STORY`. Operations have to end in an error in bounded time and change nothing;
once the damage is undone, everything has to work again. The judges can't follow a damaged chain:
that nothing changed meanwhile is seen here, before the damage is undone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from nova_assist.checks import record
from nova_assist.scenarios.errors import StepFailed
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story
from nova_assist.scenarios.tracked import TrackedVolume


def _play(stage: Stage) -> None:
    with stage.step('create volume, write and create snapshot s1'):
        volume = stage.volumes.create('v1')
        path = stage.context.share_of(volume) / volume.file
        stage.volumes.write(volume)
        snapshot = stage.volumes.snapshot(volume, 's1')
        stage.volumes.write(volume)
    with (
        stage.step('damage the record: create and delete end in an error', judged=False),
        _damaged(Path(f'{path}{record.SUFFIX}')),
    ):
        broken = _fail(stage, volume, 's2')
    with stage.step('repair the record: everything works again'):
        _recover(stage, volume, broken)
    overlay = Path(f'{path}.{snapshot.id}')
    with (
        stage.step('the active file vanishes: create and delete end in an error', judged=False),
        _vanished(overlay),
    ):
        broken = _fail(stage, volume, 's3')
    with stage.step('put the file back: everything works again'):
        _recover(stage, volume, broken)
    with stage.step('delete snapshot s1'):
        stage.volumes.delete_snapshot(volume, 's1')


def _fail(stage: Stage, volume: TrackedVolume, name: str) -> str:
    """See a create and a delete fail; return the id of the snapshot that was not made."""
    broken = stage.volumes.request_snapshot(volume, name)
    stage.volumes.await_snapshot(broken, name, 'error', 'creating')
    kept = volume.snapshot('s1')
    stage.volumes.request_delete(kept.id, kept.name)
    stage.volumes.await_snapshot(kept.id, kept.name, 'error_deleting', 'deleting')
    return broken


def _recover(stage: Stage, volume: TrackedVolume, broken: str) -> None:
    """Clear up after a failed create and delete, and see that both work now."""
    stage.volumes.reset_snapshot(volume.snapshot('s1').id, 's1', 'available')
    stage.volumes.discard(broken, 'that was not made')
    stage.volumes.snapshot(volume, 'again')
    stage.volumes.write(volume)
    stage.volumes.delete_snapshot(volume, 'again')


@contextlib.contextmanager
def _damaged(path: Path) -> Iterator[None]:
    """Cut a file short, in place, for a while.

    :raises StepFailed: if a file of the volume changes meanwhile
    """
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    try:
        with _unchanged(path):
            yield
    finally:
        path.write_bytes(whole)


@contextlib.contextmanager
def _vanished(path: Path) -> Iterator[None]:
    """Take a file away for a while, to another name that no driver knows.

    :raises StepFailed: if it comes back meanwhile, or another file of the volume changes
    """
    hidden = path.with_name(f'.set-aside-{path.name}')
    path.rename(hidden)
    try:
        with _unchanged(path):
            yield
    finally:
        hidden.rename(path)


@contextlib.contextmanager
def _unchanged(path: Path) -> Iterator[None]:
    """See that the files of a volume, of which ``path`` is one, are left as they are.

    :raises StepFailed: if one is changed, made or removed meanwhile
    """
    before = _state(path)
    yield
    after = _state(path)
    changes = {
        name: 'made' if name not in before else 'removed' if name not in after else 'changed'
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }
    if changes:
        told = ', '.join(f'{name} was {change}' for name, change in changes.items())
        raise StepFailed(
            f'operations on a damaged volume changed its files: {told}',
            'files left as they were',
            told,
            'chain',
        )


def _state(path: Path) -> Mapping[str, tuple[int, int]]:
    """Return size and time of the last write of all files of the volume of ``path``."""
    volume = path.name.partition('.')[0]
    found = {each.name: each.stat() for each in path.parent.glob(f'{volume}*')}
    return {name: (status.st_size, status.st_mtime_ns) for name, status in found.items()}


STORY = Story(
    'damaged-record',
    'a damaged record and a vanished file: clean errors, nothing lost, and it works again after',
    _play,
)
