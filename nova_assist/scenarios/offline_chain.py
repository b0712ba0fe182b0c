# SPDX-License-Identifier: Apache-2.0
"""The story of a volume that nobody has attached: three snapshots deep, and back.

Main object: :data:`STORY`.
"""

from __future__ import annotations

from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story


def _play(stage: Stage) -> None:
    with stage.step('create volume'):
        volume = stage.volumes.create('v1')
    for number in (1, 2, 3):
        with stage.step(f'write and create snapshot s{number}'):
            stage.volumes.write(volume)
            stage.volumes.snapshot(volume, f's{number}')
    with stage.step('write to the newest overlay'):
        stage.volumes.write(volume)
    for name, which in (('s2', 'middle'), ('s3', 'newest'), ('s1', 'oldest')):
        with stage.step(f'delete the {which} snapshot {name}'):
            stage.volumes.delete_snapshot(volume, name)
    with stage.step('write to the volume without snapshots'):
        stage.volumes.write(volume)


STORY = Story(
    'offline-chain',
    'write, snapshot, three deep, then delete the middle, the newest and the oldest, detached',
    _play,
)
