# SPDX-License-Identifier: Apache-2.0
"""The story of a volume with snapshots that moves from one server to another.

Main object: :data:`STORY`.
"""

from __future__ import annotations

from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story


def _play(stage: Stage) -> None:
    with stage.step('create volume'):
        volume = stage.volumes.create('v1')
    with stage.step('attach to server a, whose guest writes from now on'):
        stage.servers.attach(stage.servers.create('a'), volume)
        stage.servers.start_writing(volume)
    for name in ('s1', 's2'):
        with stage.step(f'create snapshot {name} online'):
            stage.volumes.snapshot(volume, name)
    with stage.step('detach from server a'):
        stage.servers.detach(volume)
    with stage.step('attach to server b, whose guest writes from now on'):
        stage.servers.attach(stage.servers.create('b'), volume)
        stage.servers.start_writing(volume)
    with stage.step('create snapshot s3 online'):
        stage.volumes.snapshot(volume, 's3')
    for name in ('s3', 's1'):
        with stage.step(f'delete snapshot {name} online'):
            stage.volumes.delete_snapshot(volume, name)
    with stage.step('detach from server b'):
        stage.servers.detach(volume)


STORY = Story(
    'reattach',
    'detach a volume with online snapshots and attach it to another server',
    _play,
)
