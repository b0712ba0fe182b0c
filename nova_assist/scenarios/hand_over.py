# SPDX-License-Identifier: Apache-2.0
"""The story of volumes of Cinder's own NFS driver, taken over, used, and handed back to it.

Main object: :data:`STORY`. Cinder alone is started anew, with another ``volume_driver`` over the
same shares and database: a guest writes on meanwhile.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from nova_assist.scenarios.adoptions import Adoptions
from nova_assist.scenarios.backups import Backups
from nova_assist.scenarios.drivers import Drivers
from nova_assist.scenarios.errors import NotPossible, StepEnded
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story
from nova_assist.scenarios.tracked import TrackedVolume

#: The driver that is taken over from, and handed back to, and what its options start with.
PREDECESSOR = 'cinder.volume.drivers.nfs.NfsDriver'
_PREFIX = 'nfs'


def _play(stage: Stage) -> None:
    drivers = _drivers(stage)
    try:
        _hand_over(stage, drivers)
    except (StepEnded, NotPossible):
        # No step, whose judges would tell the same damage again, as what the story ended with.
        with contextlib.suppress(NotPossible):
            drivers.restore()
        raise
    _switch(stage, drivers, drivers.judged)


def _hand_over(stage: Stage, drivers: Drivers) -> None:
    _switch(stage, drivers, PREDECESSOR)
    still, used = _begin(stage)
    _switch(stage, drivers, drivers.judged)
    copies = _go_on(stage, still, used)
    with stage.step('start Cinder again with the same driver'):
        drivers.switch(drivers.judged)
    _switch(stage, drivers, PREDECESSOR)
    _go_on_with_the_predecessor(stage, still, used, copies)


def _drivers(stage: Stage) -> Drivers:
    """Return the drivers that can be changed.

    :raises NotPossible: they can't, or there is nobody to take over from
    """
    context = stage.context
    if context.drivers is None:
        raise NotPossible('the driver can be changed in the embedded cloud only, with one Cinder')
    if context.drivers.judged == PREDECESSOR:
        raise NotPossible('this is the driver that others take over from')
    if context.accounts is not None or _is_secure(context.options):
        raise NotPossible("Cinder's own driver takes no snapshots in secure mode")
    if context.drivers.prefix != _PREFIX:
        raise NotPossible(
            f'the options of this driver start with {context.drivers.prefix}_, so that it takes '
            f"over no volumes from Cinder's own NFS driver"
        )
    return context.drivers


def _is_secure(options: Mapping[str, str]) -> bool:
    """Tell whether files are worked on as Cinder's own user; ``auto`` is true where all is new."""
    return options.get('nas_secure_file_operations', 'false').lower() != 'false'


def _switch(stage: Stage, drivers: Drivers, driver: str) -> None:
    with stage.step(f'start Cinder with {driver}'):
        drivers.switch(driver)


def _begin(stage: Stage) -> tuple[TrackedVolume, TrackedVolume]:
    volumes, servers = stage.volumes, stage.servers
    with stage.step('create two volumes, one for a guest that writes'):
        still, used = (volumes.create(name) for name in ('still', 'used'))
        for each in (still, used):
            volumes.write(each)
        servers.attach(servers.create('a'), used)
        servers.start_writing(used)
    for name in ('t1', 't2', 't3'):
        _take(stage, still, used, name)
    return still, used


def _go_on(stage: Stage, still: TrackedVolume, used: TrackedVolume) -> list[TrackedVolume]:
    volumes = stage.volumes
    _take(stage, still, used, 'o1')
    _remove(stage, still, used, 't2')
    with stage.step('write to the one that lies still, and revert it'):
        volumes.write(still)
        volumes.revert(still, 'o1')
    with stage.step('clone both, and make a volume of a snapshot'):
        copies = [volumes.clone_volume(still, 'copy'), volumes.clone_volume(used, 'copy-used')]
        copies.append(volumes.clone(used.snapshot('t1'), 'copy-of-snapshot'))
    with stage.step('extend both, and write to one up to the new end'):
        volumes.extend(still, 2)
        volumes.write(still)
        volumes.extend(used, 2)
    with stage.step('back both up, and make volumes of the backups'):
        backups = Backups(stage.context, volumes)
        for each in (still, used):
            backup = backups.create(each, f'b-{each.name}')
            copies.append(backups.create_volume(backup, f'of-{backup.name}'))
    _manage_again(stage, still)
    _take(stage, still, used, 'o2')
    _remove(stage, still, used, 'o1')
    return copies


def _manage_again(stage: Stage, volume: TrackedVolume) -> None:
    """Have a volume with its snapshots under the names of an id that it has no more."""
    with stage.step('unmanage a volume with its snapshots, and manage all again'):
        adoptions = Adoptions(stage.context, stage.volumes, volume)
        kept = [adoptions.unmanage_snapshot(volume, each.name) for each in list(volume.snapshots)]
        file = volume.file
        adoptions.unmanage(volume)
        adoptions.manage(volume, {'source-name': file})
        for snapshot in kept:
            adoptions.manage_snapshot(volume, snapshot)


def _go_on_with_the_predecessor(
    stage: Stage, still: TrackedVolume, used: TrackedVolume, copies: list[TrackedVolume]
) -> None:
    _take(stage, still, used, 't4')
    for name in ('t1', 't4', 'o2', 't3'):
        _remove(stage, still, used, name)
    _take(stage, still, used, 't5')
    with stage.step('detach, delete the last snapshot, and write'):
        stage.servers.detach(used)
        stage.volumes.delete_snapshot(used, 't5')
        stage.volumes.write(used)
    with stage.step('delete the copies'):
        for each in copies:
            stage.volumes.delete(each)


def _take(stage: Stage, still: TrackedVolume, used: TrackedVolume, name: str) -> None:
    with stage.step(f'take snapshot {name} of both, and write'):
        stage.volumes.snapshot(still, name)
        stage.volumes.write(still)
        stage.volumes.snapshot(used, name)


def _remove(stage: Stage, still: TrackedVolume, used: TrackedVolume, name: str) -> None:
    with stage.step(f'delete snapshot {name} of both'):
        for volume in (still, used):
            stage.volumes.delete_snapshot(volume, name)


STORY = Story(
    'hand-over',
    "volumes of Cinder's own NFS driver taken over with their snapshots, and handed back",
    _play,
    slow='Cinder is started anew five times, with nothing else in the cloud',
    alone=True,
)
