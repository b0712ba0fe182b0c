# SPDX-License-Identifier: Apache-2.0
"""The story of volumes made from snapshots, of a detached and of an attached source.

Main object: :data:`STORY`. A clone may be larger than its source; the rest of it is zeros.
"""

from __future__ import annotations

from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story


def _play(stage: Stage) -> None:
    with stage.step('create volume'):
        source = stage.volumes.create('v1')
    for name in ('s1', 's2'):
        with stage.step(f'write and create snapshot {name}'):
            stage.volumes.write(source)
            stage.volumes.snapshot(source, name)
    with stage.step('create a volume from each'):
        first = stage.volumes.clone(source.snapshot('s1'), 'clone1')
        stage.volumes.clone(source.snapshot('s2'), 'clone2')
    with stage.step('attach the source to a server whose guest writes from now on'):
        server = stage.servers.create('a')
        stage.servers.attach(server, source)
        stage.servers.start_writing(source)
    with stage.step('create snapshot s3 online'):
        stage.volumes.snapshot(source, 's3')
    with stage.step('create a volume from s3 while the source is attached'):
        third = stage.volumes.clone(source.snapshot('s3'), 'clone3')
    with stage.step('attach new volumes and write to them'):
        for volume in (first, third):
            stage.servers.attach(server, volume)
            stage.servers.start_writing(volume)
    with stage.step('create a larger volume from s1 while the source is attached'):
        larger = stage.volumes.clone(source.snapshot('s1'), 'clone4', gib=2)
    with stage.step('attach the larger volume and write up to its end'):
        stage.servers.attach(server, larger)
        stage.servers.start_writing(larger)


STORY = Story(
    'clone-from-snapshots',
    'volumes from snapshots, as large and larger, while the source is detached and attached',
    _play,
)
