# SPDX-License-Identifier: Apache-2.0
"""The story of a share that was damaged: a broken record, and a volume file that vanished.

Main object: :data:`STORY`. Operations have to end in an error in bounded time and change nothing;
once the damage is undone, everything has to work again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from nova_assist.checks import record
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story
from nova_assist.scenarios.tracked import TrackedVolume


def _play(stage: Stage) -> None:
    with stage.step('create volume, write and create snapshot s1'):
        volume = stage.volumes.create('v1')
        stage.volumes.write(volume)
        snapshot = stage.volumes.snapshot(volume, 's1')
        stage.volumes.write(volume)
    path = stage.context.share / f'volume-{volume.id}'
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
    """Cut a file short, in place, for a while."""
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    try:
        yield
    finally:
        path.write_bytes(whole)


@contextlib.contextmanager
def _vanished(path: Path) -> Iterator[None]:
    """Take a file away for a while, to another name that no driver knows."""
    hidden = path.with_name(f'.set-aside-{path.name}')
    path.rename(hidden)
    try:
        yield
    finally:
        hidden.rename(path)


STORY = Story(
    'damaged-record',
    'a damaged record and a vanished file: clean errors, nothing lost, and it works again after',
    _play,
)
