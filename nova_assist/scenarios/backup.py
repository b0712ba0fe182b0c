# SPDX-License-Identifier: Apache-2.0
"""The story of backups of a volume with snapshots, detached and while its guest writes.

Main object: :data:`STORY`. A backup has to hold what the volume or the snapshot held, whatever
files that is in, and to restore it must change no snapshot.
"""

from __future__ import annotations

from nova_assist.scenarios.backups import Backups
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story


def _play(stage: Stage) -> None:
    with stage.step('create volume, write, create snapshot s1, and write'):
        backups = Backups(stage.context, stage.volumes)
        volume = stage.volumes.create('v1')
        stage.volumes.write(volume)
        stage.volumes.snapshot(volume, 's1')
        stage.volumes.write(volume)
    with stage.step('back the detached volume up'):
        first = backups.create(volume, 'b1')
    with stage.step('create another volume, write, create snapshot t1, and write'):
        other = stage.volumes.create('v2')
        stage.volumes.write(other)
        stage.volumes.snapshot(other, 't1')
        stage.volumes.write(other)
    with stage.step('restore the backup over the other volume'):
        backups.restore(first, other)
    with stage.step('write to both, and attach the first to a server whose guest writes on'):
        for each in (volume, other):
            stage.volumes.write(each)
        server = stage.servers.create('a')
        stage.servers.attach(server, volume)
        stage.servers.start_writing(volume)
    with stage.step('back up what has changed while the guest writes'):
        second = backups.create(volume, 'b2', incremental=True)
    with stage.step('back snapshot s1 up while the guest writes'):
        third = backups.create_of_snapshot(volume, 's1', 'b3')
    with stage.step('create volumes from both'):
        made = [backups.create_volume(each, f'of-{each.name}') for each in (second, third)]
    with stage.step('attach the volumes and write to them'):
        for each in made:
            stage.servers.attach(server, each)
            stage.servers.start_writing(each)
    with stage.step('delete snapshot s1 online'):
        stage.volumes.delete_snapshot(volume, 's1')


STORY = Story(
    'backup',
    'back a volume and its snapshot up, detached and while a guest writes, and restore both',
    _play,
    slow='cinder-backup reads and hashes every volume whole, several times',
)
