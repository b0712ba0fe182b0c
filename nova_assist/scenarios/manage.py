# SPDX-License-Identifier: Apache-2.0
"""The story of a volume that Cinder forgets and manages again: as a file, and with its snapshots.

Main object: :data:`STORY`. Whoever forgets leaves the format behind with the rest; so a reference
tells it, or the file's name.
"""

from __future__ import annotations

from typing import Any

from nova_assist.scenarios.adoptions import Adoptions
from nova_assist.scenarios.errors import StepFailed
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story
from nova_assist.scenarios.tracked import TrackedVolume


def _play(stage: Stage) -> None:
    with stage.step('create volume, write, and list it as managed'):
        volume = stage.volumes.create('v1')
        stage.volumes.write(volume)
        adoptions = Adoptions(stage.context, stage.volumes, volume)
        _expect(adoptions, volume.file, cinder_id=volume.id, safe_to_manage=False)
    _manage_a_volume_again(stage, adoptions, volume)
    _manage_a_file(stage, adoptions, volume)
    _manage_with_snapshots(stage, adoptions, volume)
    for name in ('s1', 's2'):
        with stage.step(f'delete snapshot {name}'):
            stage.volumes.delete_snapshot(volume, name)
    with stage.step('write to the volume without snapshots'):
        stage.volumes.write(volume)


def _manage_a_volume_again(stage: Stage, adoptions: Adoptions, volume: TrackedVolume) -> None:
    with stage.step('unmanage it, manage it again by its name, and write'):
        old = volume.file
        adoptions.unmanage(volume)
        reference = {'source-name': old, 'format': stage.context.image_format}
        adoptions.manage(volume, reference)
        stage.volumes.write(volume)


def _manage_a_file(stage: Stage, adoptions: Adoptions, volume: TrackedVolume) -> None:
    with stage.step('unmanage it, and manage a file of another name, which is listed'):
        old = stage.context.share_of(volume) / volume.file
        adoptions.unmanage(volume)
        foreign = f'{stage.context.scenario}.{stage.context.image_format}'
        old.rename(old.with_name(foreign))
        found = _expect(adoptions, foreign, cinder_id=None, safe_to_manage=True, size=1)
        adoptions.manage(volume, found['reference'])
    with stage.step('create snapshots s1 and s2, and write'):
        for name in ('s1', 's2'):
            stage.volumes.snapshot(volume, name)
            stage.volumes.write(volume)


def _manage_with_snapshots(stage: Stage, adoptions: Adoptions, volume: TrackedVolume) -> None:
    with stage.step('unmanage volume and snapshots, and manage them again'):
        kept = [adoptions.unmanage_snapshot(volume, name) for name in ('s2', 's1')]
        old = volume.file
        adoptions.unmanage(volume)
        found = _expect(adoptions, old, cinder_id=None, safe_to_manage=True, size=1)
        adoptions.manage(volume, found['reference'])
        adoptions.expect_listed_snapshots(*kept)
        for snapshot in reversed(kept):
            adoptions.manage_snapshot(volume, snapshot)
    with stage.step('create snapshot s3 of it while a guest writes, delete it'):
        stage.servers.attach(stage.servers.create('a'), volume)
        stage.servers.start_writing(volume)
        stage.volumes.snapshot(volume, 's3')
        stage.volumes.delete_snapshot(volume, 's3')
    with stage.step('detach'):
        stage.servers.detach(volume)


def _expect(adoptions: Adoptions, name: str, **wanted: object) -> dict[str, Any]:
    """Return what is listed of a file, in which some values have to be as expected.

    :raises StepFailed: if they are not
    """
    found = adoptions.listed(name)
    told = {key: found[key] for key in wanted}
    if told != wanted:
        raise StepFailed(f'{name} is listed wrongly', str(wanted), str(found))
    return found


STORY = Story(
    'manage',
    'have Cinder forget a volume and manage it again, as a file and with its snapshots',
    _play,
)
