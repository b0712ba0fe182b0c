# SPDX-License-Identifier: Apache-2.0
"""The story of a volume that is made larger, without and with snapshots.

Main object: :data:`STORY`. Each snapshot keeps the size that the volume had.
"""

from __future__ import annotations

from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story


def _play(stage: Stage) -> None:
    with stage.step('create volume and write'):
        volume = stage.volumes.create('v1')
        stage.volumes.write(volume)
    with stage.step('extend without snapshots, and write up to the new end'):
        stage.volumes.extend(volume, 2)
        stage.volumes.write(volume)
    with stage.step('create snapshot s1'):
        stage.volumes.snapshot(volume, 's1')
    with stage.step('extend with a snapshot, and write up to the new end'):
        stage.volumes.extend(volume, 3)
        stage.volumes.write(volume)
    with stage.step('create snapshot s2'):
        stage.volumes.snapshot(volume, 's2')
    for name in ('s1', 's2'):
        with stage.step(f'delete snapshot {name}'):
            stage.volumes.delete_snapshot(volume, name)


STORY = Story(
    'extend-offline',
    'make a detached volume larger, without and with snapshots',
    _play,
)
