# SPDX-License-Identifier: Apache-2.0
"""The story of volumes made from an attached volume while its guest writes.

Main object: :data:`STORY`. A clone has to hold what the disk held at one moment, and the source
keeps no snapshot of it.
"""

from __future__ import annotations

from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story


def _play(stage: Stage) -> None:
    with stage.step('create volume and write'):
        source = stage.volumes.create('v1')
        stage.volumes.write(source)
    with stage.step('attach to a server whose guest writes from now on'):
        server = stage.servers.create('a')
        stage.servers.attach(server, source)
        stage.servers.start_writing(source)
    with stage.step('clone it while the guest writes'):
        clone = stage.volumes.clone_volume(source, 'clone1')
    with stage.step('create snapshot s1 online'):
        stage.volumes.snapshot(source, 's1')
    with stage.step('clone it larger, with a snapshot, while the guest writes'):
        larger = stage.volumes.clone_volume(source, 'clone2', gib=2)
    with stage.step('attach the clones and write to them'):
        for volume in (clone, larger):
            stage.servers.attach(server, volume)
            stage.servers.start_writing(volume)
    with stage.step('clone a clone while the guest writes to both'):
        stage.volumes.clone_volume(clone, 'clone3')
    with stage.step('delete snapshot s1 online'):
        stage.volumes.delete_snapshot(source, 's1')
    with stage.step('detach the source, and clone it'):
        stage.servers.detach(source)
        stage.volumes.clone_volume(source, 'clone4')


STORY = Story(
    'clone-attached',
    'volumes from an attached volume, as large and larger, while a guest writes',
    _play,
)
