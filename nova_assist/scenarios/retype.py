# SPDX-License-Identifier: Apache-2.0
"""The story of a volume that goes to the backend of the other format, and back, by retypes.

Main object: :data:`STORY`. Cinder retypes no volume with snapshots to another backend. One that a
server has may be moved by a driver that can; then it is judged like any other.
"""

from __future__ import annotations

from nova_assist.scenarios.errors import StepFailed
from nova_assist.scenarios.retypes import Retypes
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story
from nova_assist.scenarios.tracked import TrackedVolume


def _play(stage: Stage) -> None:
    with stage.step('create volume and write'):
        volume = stage.volumes.create('v1')
        stage.volumes.write(volume)
        retypes = Retypes(stage.context, stage.volumes, volume)
    with stage.step('be refused to retype it without a migration'):
        _be_refused(retypes, volume, 'no migration was allowed', 'never')
    with stage.step('create snapshot s1, and be refused to retype with it'):
        stage.volumes.snapshot(volume, 's1')
        _be_refused(retypes, volume, 'it has a snapshot')
    with stage.step('delete snapshot s1, and retype to the other format'):
        stage.volumes.delete_snapshot(volume, 's1')
        retypes.retype()
    with stage.step('write, create snapshot s2, write, clone'):
        stage.volumes.write(volume)
        stage.volumes.snapshot(volume, 's2')
        stage.volumes.write(volume)
        stage.volumes.clone_volume(volume, 'clone')
    _ask_while_a_guest_writes(stage, retypes, volume)
    with stage.step('detach, and retype again'):
        stage.servers.detach(volume)
        retypes.retype()
    with stage.step('extend, and write up to the new end'):
        stage.volumes.extend(volume, 2)
        stage.volumes.write(volume)


def _ask_while_a_guest_writes(stage: Stage, retypes: Retypes, volume: TrackedVolume) -> None:
    """Leave the volume with an overlay as its active file, for a snapshot is deleted online."""
    with stage.step('attach to a server whose guest writes, and delete snapshot s2 online'):
        stage.servers.attach(stage.servers.create('a'), volume)
        stage.servers.start_writing(volume)
        stage.volumes.delete_snapshot(volume, 's2')
    with stage.step('ask for a retype while the guest writes'):
        retypes.attempt()


def _be_refused(
    retypes: Retypes, volume: TrackedVolume, why: str, policy: str = 'on-demand'
) -> None:
    """See that a volume stays what it is.

    :raises StepFailed: it does not
    """
    if retypes.attempt(policy):
        fault = f'volume {volume.name} went to another backend, though {why}'
        raise StepFailed(fault, 'the volume where it was', 'elsewhere')


STORY = Story(
    'retype',
    'a volume retyped to the other format, in the other backend, and back',
    _play,
    moves=True,
)
