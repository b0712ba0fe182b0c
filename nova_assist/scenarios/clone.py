# SPDX-License-Identifier: Apache-2.0
"""The story of volumes made from a detached volume, without and with snapshots.

Main object: :data:`STORY`. Each clone is written to, which must change nothing of its source.
"""

from __future__ import annotations

from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story


def _play(stage: Stage) -> None:
    with stage.step('create volume and write'):
        source = stage.volumes.create('v1')
        stage.volumes.write(source)
    with stage.step('clone it'):
        clone = stage.volumes.clone_volume(source, 'clone1')
    with stage.step('write to source and clone'):
        for volume in (source, clone):
            stage.volumes.write(volume)
    for name in ('s1', 's2'):
        with stage.step(f'create snapshot {name} of the source and write'):
            stage.volumes.snapshot(source, name)
            stage.volumes.write(source)
    with stage.step('clone the source with its snapshots'):
        stage.volumes.clone_volume(source, 'clone2')
    with stage.step('clone a clone, and snapshot the new one'):
        again = stage.volumes.clone_volume(clone, 'clone3')
        stage.volumes.snapshot(again, 's3')
    with stage.step('delete snapshot s1 of the source'):
        stage.volumes.delete_snapshot(source, 's1')
    with stage.step('clone the source larger'):
        larger = stage.volumes.clone_volume(source, 'clone4', gib=2)
    with stage.step('write to the larger clone up to its end'):
        stage.volumes.write(larger)


STORY = Story(
    'clone',
    'volumes from a detached volume, as large and larger, without and with snapshots',
    _play,
)
