# SPDX-License-Identifier: Apache-2.0
"""The story of snapshots made in one way and deleted in the other.

Main object: :data:`STORY`.
"""

from __future__ import annotations

from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story


def _play(stage: Stage) -> None:
    with stage.step('create volume'):
        volume = stage.volumes.create('v1')
    for name in ('s1', 's2'):
        with stage.step(f'write and create snapshot {name} offline'):
            stage.volumes.write(volume)
            stage.volumes.snapshot(volume, name)
    with stage.step('attach to a server whose guest writes from now on'):
        stage.servers.attach(stage.servers.create('a'), volume)
        stage.servers.start_writing(volume)
    for name in ('s1', 's2'):
        with stage.step(f'delete snapshot {name} online'):
            stage.volumes.delete_snapshot(volume, name)
    for name in ('s3', 's4'):
        with stage.step(f'create snapshot {name} online'):
            stage.volumes.snapshot(volume, name)
    with stage.step('detach'):
        stage.servers.detach(volume)
    for name in ('s4', 's3'):
        with stage.step(f'delete snapshot {name} offline'):
            stage.volumes.delete_snapshot(volume, name)
    with stage.step('write to the volume without snapshots'):
        stage.volumes.write(volume)


STORY = Story(
    'mixed',
    'delete online what was made offline, and offline what was made online',
    _play,
)
