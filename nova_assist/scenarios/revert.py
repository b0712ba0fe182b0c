# SPDX-License-Identifier: Apache-2.0
"""The story of a volume that gets the data of its newest snapshot back, again and again.

Main object: :data:`STORY`. Cinder lets a detached volume be reverted to its newest snapshot only,
and not once it is larger.
"""

from __future__ import annotations

from nova_assist.scenarios.errors import NoAnswer, StepFailed
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story
from nova_assist.scenarios.tracked import TrackedVolume


def _play(stage: Stage) -> None:
    with stage.step('create volume and write'):
        volume = stage.volumes.create('v1')
        stage.volumes.write(volume)
    _revert_twice(stage, volume)
    _revert_with_an_older_snapshot(stage, volume)
    _revert_after_an_online_deletion(stage, volume)
    _revert_after_an_extension(stage, volume)
    _revert_what_a_guest_has_used(stage, volume)
    with stage.step('delete snapshot s5 offline, and revert to s4'):
        stage.volumes.delete_snapshot(volume, 's5')
        stage.volumes.write(volume)
        stage.volumes.revert(volume, 's4')
    for name in ('s1', 's4'):
        with stage.step(f'delete snapshot {name} offline'):
            stage.volumes.delete_snapshot(volume, name)
    with stage.step('write to the volume without snapshots'):
        stage.volumes.write(volume)


def _revert_twice(stage: Stage, volume: TrackedVolume) -> None:
    with stage.step('create snapshot s1'):
        stage.volumes.snapshot(volume, 's1')
    for again in ('', ' again'):
        with stage.step(f'write, and revert to s1{again}'):
            stage.volumes.write(volume)
            stage.volumes.revert(volume, 's1')


def _revert_with_an_older_snapshot(stage: Stage, volume: TrackedVolume) -> None:
    with stage.step('write and create snapshot s2'):
        stage.volumes.write(volume)
        stage.volumes.snapshot(volume, 's2')
    with stage.step('write, and be refused to revert to s1'):
        stage.volumes.write(volume)
        _be_refused(stage, volume, 's1', 'it is not the newest snapshot')
    with stage.step('revert to s2'):
        stage.volumes.revert(volume, 's2')


def _revert_after_an_online_deletion(stage: Stage, volume: TrackedVolume) -> None:
    """Revert where the overlay bears the name of a snapshot that is gone."""
    with stage.step('attach to a server whose guest writes, and delete snapshot s2 online'):
        stage.servers.attach(stage.servers.create('a'), volume)
        stage.servers.start_writing(volume)
        stage.volumes.delete_snapshot(volume, 's2')
    with stage.step('detach, and revert to s1'):
        stage.servers.detach(volume)
        stage.volumes.revert(volume, 's1')


def _revert_after_an_extension(stage: Stage, volume: TrackedVolume) -> None:
    with stage.step('create snapshot s3, extend, write up to the new end'):
        stage.volumes.snapshot(volume, 's3')
        stage.volumes.extend(volume, 2)
        stage.volumes.write(volume)
    with stage.step('be refused to revert to s3'):
        _be_refused(stage, volume, 's3', 'it is smaller than the volume')
    with stage.step('create snapshot s4, write, and revert to it'):
        stage.volumes.snapshot(volume, 's4')
        stage.volumes.write(volume)
        stage.volumes.revert(volume, 's4')
    with stage.step('delete snapshot s3 offline'):
        stage.volumes.delete_snapshot(volume, 's3')


def _revert_what_a_guest_has_used(stage: Stage, volume: TrackedVolume) -> None:
    with stage.step('attach to a server whose guest writes from now on'):
        server = stage.servers.create('b')
        stage.servers.attach(server, volume)
        stage.servers.start_writing(volume)
    with stage.step('create snapshot s5 online'):
        stage.volumes.snapshot(volume, 's5')
    with stage.step('detach, and revert to s5'):
        stage.servers.detach(volume)
        stage.volumes.revert(volume, 's5')
    with stage.step('attach to a server whose guest writes, detach'):
        stage.servers.attach(server, volume)
        stage.servers.start_writing(volume)
        stage.servers.detach(volume)


def _be_refused(stage: Stage, volume: TrackedVolume, name: str, why: str) -> None:
    """See that Cinder itself refuses a revert, and that the volume can be used as before.

    :raises StepFailed: it does not
    """
    try:
        stage.volumes.request_revert(volume, name)
    except NoAnswer:
        raise
    except StepFailed:
        stage.volumes.write(volume)
    else:
        fault = f'reverting volume {volume.name} to snapshot {name} was accepted, though {why}'
        raise StepFailed(fault, 'a refusal', 'an accepted request')


STORY = Story(
    'revert',
    'give a detached volume the data of its newest snapshot back',
    _play,
)
