# SPDX-License-Identifier: Apache-2.0
"""The story of an attached volume that is made larger while its guest writes.

Main object: :data:`STORY`. Each snapshot keeps the size that the volume had, and the guest can use
what its disk has gained without a restart. A driver may say that it lacks this, by the capability
``online_extend_support``; one that says nothing may refuse, which is not judged either.
"""

from __future__ import annotations

from nova_assist.scenarios.errors import NotPossible, StepFailed
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story
from nova_assist.scenarios.tracked import TrackedVolume


def _play(stage: Stage) -> None:
    stage.guests.need_command()
    declared = _declared(stage)
    with stage.step('create volume, write, and attach it to a server whose guest writes'):
        volume = stage.volumes.create('v1')
        stage.volumes.write(volume)
        server = stage.servers.create('a')
        stage.servers.attach(server, volume)
        stage.servers.start_writing(volume)
    with stage.step('extend it while the guest writes'):
        _extend_first(stage, volume, declared)
    with stage.step('write up to the new end'):
        stage.servers.write_to_the_end(volume)
    with stage.step('create snapshot s1 online'):
        stage.volumes.snapshot(volume, 's1')
    with stage.step('extend it with a snapshot, and write up to the new end'):
        stage.volumes.extend(volume, 3)
        stage.servers.write_to_the_end(volume)
    with stage.step('create snapshot s2 online'):
        stage.volumes.snapshot(volume, 's2')
    with stage.step('delete the smaller snapshot s1 online'):
        stage.volumes.delete_snapshot(volume, 's1')
    with stage.step('stop the server, extend the volume, start the server'):
        stage.servers.await_refresh(volume)
        stage.servers.stop_writing(volume)
        stage.servers.stop(server)
        stage.volumes.extend(volume, 4)
        stage.servers.start(server)
        stage.servers.write_to_the_end(volume)
    with stage.step('delete snapshot s2 online'):
        stage.volumes.delete_snapshot(volume, 's2')
    with stage.step('detach the volume'):
        stage.servers.detach(volume)


def _declared(stage: Stage) -> bool | None:
    """Return whether the driver says that it can, None if it doesn't say.

    :raises NotPossible: it says that it can't
    """
    declared = stage.context.api.extends_attached(stage.context.image_format)
    if declared is False:
        raise NotPossible('the driver declares no support for it (online_extend_support)')
    return declared


def _extend_first(stage: Stage, volume: TrackedVolume, declared: bool | None) -> None:
    """Extend the volume.

    :raises NotPossible: the driver refuses, which it may where it has declared nothing
    """
    try:
        stage.volumes.extend(volume, 2)
    except StepFailed as error:
        if declared or stage.context.api.volume_status(volume.id) != 'error_extending':
            raise
        with refusals(f'resetting the status of volume {volume.name}'):
            stage.context.api.cinder.volumes.reset_state(volume.id, 'in-use')
        raise NotPossible(
            f'the driver refuses it, and has declared nothing (online_extend_support): {error}'
        ) from error


STORY = Story(
    'extend-attached',
    'make an attached volume larger, without and with snapshots, while a guest writes',
    _play,
)
