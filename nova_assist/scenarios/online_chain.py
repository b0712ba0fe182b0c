# SPDX-License-Identifier: Apache-2.0
"""The story of an attached volume, written to all the time: three snapshots deep, and back.

Main object: :data:`STORY`.
"""

from __future__ import annotations

from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story


def _play(stage: Stage) -> None:
    with stage.step('create volume'):
        volume = stage.volumes.create('v1')
    with stage.step('attach to a server whose guest writes from now on'):
        stage.servers.attach(stage.servers.create('a'), volume)
        stage.servers.start_writing(volume)
    for number in (1, 2, 3):
        with stage.step(f'create snapshot s{number} while the guest writes'):
            stage.volumes.snapshot(volume, f's{number}')
    for name, which in (('s2', 'middle'), ('s3', 'newest'), ('s1', 'oldest')):
        with stage.step(f'delete the {which} snapshot {name} while the guest writes'):
            stage.volumes.delete_snapshot(volume, name)
    with stage.step('detach'):
        stage.servers.detach(volume)


STORY = Story(
    'online-chain',
    'snapshot three deep, then delete the middle, the newest and the oldest, while a guest writes',
    _play,
)
