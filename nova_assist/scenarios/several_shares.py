# SPDX-License-Identifier: Apache-2.0
"""The story of a backend with several shares, one of which is lost for a while.

Main object: :data:`STORY`. That a volume's files stay together on its share the judges see: on
another one they would be files that nothing refers to.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from nova_assist.scenarios.errors import NotPossible, StepFailed, TookTooLong
from nova_assist.scenarios.rest import Room, refusals
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story
from nova_assist.scenarios.tracked import TrackedVolume

_GIB = 1 << 30

#: How long a change of the shares may take until the scheduler knows, where reports are frequent.
_REPORTED_SECONDS = 45.0

#: GiB by which figures may differ that were not taken at the same moment, or have been rounded.
_LEEWAY = 0.5


def _play(stage: Stage) -> None:
    shares = stage.context.shares
    if len(shares) == 1:
        raise NotPossible('there is one share for each kind of volumes; --shares makes more')
    with stage.step('create as many volumes as there are shares, and write to them'):
        volumes = [stage.volumes.create(f'v{number}') for number, _ in enumerate(shares, 1)]
        for volume in volumes:
            stage.volumes.write(volume)
        _expect_spread(stage, shares)
    with stage.step('create a snapshot of each, and write to them'):
        for volume in volumes:
            stage.volumes.snapshot(volume, f'{volume.name}-s1')
            stage.volumes.write(volume)
    with stage.step('make volumes of one and of its snapshot, on other shares too'):
        source = volumes[0]
        made = [
            stage.volumes.clone_volume(source, f'c{number}') for number, _ in enumerate(shares)
        ]
        made.append(stage.volumes.clone(source.snapshot('v1-s1'), 'of-v1-s1'))
        _expect_one_not_on(stage, made, stage.context.share_of(source))
    with stage.step("see that the scheduler knows of all shares' room"):
        _await_room(stage, shares)
    _use_with_a_guest(stage, volumes[0])
    _lose_a_share(stage, stage.context.share_of(volumes[-1]))
    with stage.step('delete the snapshots'):
        for volume in volumes:
            stage.volumes.delete_snapshot(volume, f'{volume.name}-s1')


def _use_with_a_guest(stage: Stage, volume: TrackedVolume) -> None:
    with stage.step('attach one to a server whose guest writes, create and delete a snapshot'):
        stage.servers.attach(stage.servers.create('a'), volume)
        stage.servers.start_writing(volume)
        stage.volumes.snapshot(volume, 's2')
        stage.volumes.delete_snapshot(volume, 's2')


def _lose_a_share(stage: Stage, lost: Path) -> None:
    """Take a share on which no guest has a volume away, and give it back."""
    shares = stage.context.shares
    others = [share for share in shares if share != lost]
    with (
        stage.step('a share is lost: volumes are made on the others', judged=False),
        _lost(lost),
    ):
        meanwhile = [stage.volumes.create(f'm{number}') for number, _ in enumerate(shares)]
        for volume in meanwhile:
            stage.volumes.write(volume)
        _await_room(stage, others)
    with stage.step('it comes back with its volumes, and gets new ones'):
        _await_room(stage, shares)
        later = [stage.volumes.create(f'l{number}') for number, _ in enumerate(shares)]
        if not any(stage.context.share_of(volume) == lost for volume in later):
            raise _misplaced(f'none of {len(later)} new volumes is on {lost}, which is back')


@contextlib.contextmanager
def _lost(share: Path) -> Iterator[None]:
    """Take a share away for a while; nothing can be mounted in its place."""
    hidden = share.with_name(f'.set-aside-{share.name}')
    share.rename(hidden)
    share.touch()
    try:
        yield
    finally:
        share.unlink()
        hidden.rename(share)


def _expect_spread(stage: Stage, shares: Collection[Path]) -> None:
    used = {stage.context.share_of(volume) for volume in stage.volumes.all}
    if unused := sorted(set(shares) - used):
        raise _misplaced(f'as many volumes as shares were made, and none is on {unused[0]}')


def _expect_one_not_on(stage: Stage, made: Collection[TrackedVolume], share: Path) -> None:
    if all(stage.context.share_of(volume) == share for volume in made):
        raise _misplaced(f'all of {len(made)} copies of a volume are on its share, {share}')


def _misplaced(fault: str) -> StepFailed:
    return StepFailed(fault, 'volumes on all shares with room', 'a share without any', 'placing')


def _await_room(stage: Stage, shares: Collection[Path]) -> None:
    """Wait until Cinder's scheduler has been told of these shares, and no others.

    ``provisioned_capacity_gb`` has to be at least what Cinder has made on them.

    :raises StepFailed: it is not told, or wrongly
    """
    context = stage.context
    promised = sum(
        volume.size for volume in stage.volumes.all if context.share_of(volume) in shares
    )
    total = 0
    for share in shares:
        size = os.statvfs(share)
        total += size.f_blocks * size.f_frsize
    wanted = f'{total / _GIB:.1f} GiB, at least {promised / _GIB:.1f} promised'
    said: Room | None = None

    def told() -> bool | None:
        nonlocal said
        with refusals("asking for the backend's room"):
            said = context.api.room(context.volume_type)
        agreed = abs(said.total - total / _GIB) < _LEEWAY and said.promised >= promised / _GIB
        return (agreed and said.free <= said.total) or None

    try:
        context.patience.wait("the scheduler knowing the shares' room", told, _REPORTED_SECONDS)
    except TookTooLong as error:
        raise StepFailed(f'{error}; it was told {said}', wanted, str(said), 'placing') from error


STORY = Story(
    'several-shares',
    'volumes spread over shares, their files together; a share lost for a while',
    _play,
    slow='each backend needs several shares (--shares)',
)
