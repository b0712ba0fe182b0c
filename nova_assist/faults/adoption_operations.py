# SPDX-License-Identifier: Apache-2.0
"""Unmanaging and managing, as operations that a service may die in.

Main classes: :class:`ManageVolume` and :class:`ManageVolumeWithSnapshots`. Both are done in one
operation, for in between the files belong to nobody and judges would take them for left over.
"""

from __future__ import annotations

from nova_assist.faults import survivors
from nova_assist.faults.snapshot_operations import OnVolume
from nova_assist.faults.survivors import GONE
from nova_assist.scenarios.adoptions import Adoptions
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.tracked import TrackedSnapshot


class ManageVolumeWithSnapshots(OnVolume):
    """Have Cinder forget a volume with its snapshots, and manage all of that again."""

    snapshots: tuple[str, ...] = ('s1', 's2')

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._file = ''
        self._kept: list[TrackedSnapshot] = []
        self._keys: dict[str, str] = {}

    def prepare(self) -> None:
        """Make volume and snapshots."""
        super().prepare()
        self._adoptions = Adoptions(self.stage.context, self.stage.volumes, self.target)

    def act(self) -> None:
        """Unmanage and manage it."""
        volume = self.target
        self._file = volume.file
        self._kept = list(volume.snapshots)
        self._keys = {each.name: each.id for each in self._kept}
        for snapshot in reversed(self._kept):
            self._adoptions.unmanage_snapshot(volume, snapshot.name)
        self._adoptions.unmanage(volume)
        self._manage()
        for snapshot in self._kept:
            self._adoptions.manage_snapshot(volume, snapshot)

    def _manage(self) -> None:
        reference = {'source-name': self._file, 'format': self.stage.context.image_format}
        self._adoptions.manage(self.target, reference)

    def survey(self) -> None:
        """See that nothing is stuck, and have Cinder manage what it does not."""
        volume, volumes = self.target, self.stage.volumes
        volume.snapshots.clear()
        self._find_volume()
        for kept in self._kept:
            found = survivors.snapshot(self.stage, volume, kept.name, 'creating')
            if found.status == 'available':
                kept.id = found.id
                volumes.track_snapshot(volume, kept)
                continue
            if found.status == 'error':
                volumes.discard(found.id, kept.name)
            elif found.status != GONE:
                raise survivors.stuck(f'snapshot {kept.name}', found.status)
            kept.id = self._keys[kept.name]
            self._adoptions.manage_snapshot(volume, kept)

    def _find_volume(self) -> None:
        context, volume, volumes = self.stage.context, self.target, self.stage.volumes
        found = survivors.volume(context, volume.name, 'creating')
        if found.status == 'available':
            volume.id = found.id
            if volume not in volumes.all:
                volumes.track(volume)
            self._adoptions.take_up(volume)
            return
        if volume in volumes.all:
            volumes.all.remove(volume)
            context.made.drop(volume.id)
        if found.status == 'error':  # as Cinder shows "error_managing"
            survivors.remove(context, found.id)
        elif found.status != GONE:
            raise survivors.stuck(f'volume {volume.name}', found.status)
        self._manage()

    def repeat(self) -> None:
        """Write to it, and do it again."""
        self.stage.volumes.write(self.target)
        self.act()

    def clear(self) -> None:
        """Do nothing: nothing has failed that was not managed again."""


class ManageVolume(ManageVolumeWithSnapshots):
    """Have Cinder forget a volume, and manage its file under another name."""

    snapshots = ()

    def _manage(self) -> None:
        context = self.stage.context
        foreign = context.share / f'{context.scenario}.{context.image_format}'
        own = context.share / self._file
        if own.exists():
            own.rename(foreign)
        self._adoptions.manage(self.target, {'source-name': foreign.name})
