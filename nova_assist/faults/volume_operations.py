# SPDX-License-Identifier: Apache-2.0
"""Making, copying, growing and deleting volumes, as operations that a service may die in.

Main classes: :class:`CreateVolume`, :class:`DeleteVolume` and :class:`ExtendVolume`.
"""

from __future__ import annotations

from nova_assist.faults import survivors
from nova_assist.faults.operation import Operation
from nova_assist.faults.snapshot_operations import OnVolume
from nova_assist.faults.survivors import GONE

_NEW = 'new'
_GIB = 1024**3


class CreateVolume(Operation):
    """Make an empty volume."""

    def prepare(self) -> None:
        """Make nothing: there is no volume before."""

    def act(self) -> None:
        """Make it."""
        self._make(_NEW)

    def survey(self) -> None:
        """See that it is there, or has failed and can be deleted with all that it has left."""
        context = self.stage.context
        found = survivors.volume(context, _NEW, 'creating')
        tracked = [each for each in self.stage.volumes.all if each.name == _NEW]
        if found.status == 'available' and tracked:
            return
        for volume in tracked:
            self.stage.volumes.all.remove(volume)
            context.made.drop(volume.id)
        if found.status not in (GONE, 'available', 'error'):
            raise survivors.stuck(f'volume {_NEW}', found.status)
        survivors.remove_volumes(context, _NEW)

    def repeat(self) -> None:
        """Make another one."""
        self._make('again')

    def _make(self, name: str) -> None:
        self.stage.volumes.create(name)


class VolumeFromSnapshot(CreateVolume):
    """Make a volume from a snapshot."""

    def prepare(self) -> None:
        """Make the snapshot, and have it judged."""
        volume = self._written_volume()
        self.stage.volumes.snapshot(volume, 's1')
        self.stage.volumes.write(volume)
        with self.stage.step('judge the snapshot'):
            pass  # the judges look after it, and from then on a copy can be judged

    def _make(self, name: str) -> None:
        if self.volume is not None:
            self.stage.volumes.clone(self.volume.snapshot('s1'), name)


class CloneVolume(CreateVolume):
    """Clone a volume that has a snapshot."""

    online = False

    def prepare(self) -> None:
        """Make the source, with a guest that writes to it if that is asked for."""
        volume = self._written_volume(online=self.online)
        self.stage.volumes.snapshot(volume, 's1')

    def survey(self) -> None:
        """See also that what is left at the source can be deleted."""
        super().survey()
        if self.volume is not None:
            survivors.remove_unknown_snapshots(self.stage, self.volume)

    def _make(self, name: str) -> None:
        if self.volume is not None:
            self.stage.volumes.clone_volume(self.volume, name)


class CloneAttachedVolume(CloneVolume):
    """Clone a volume that a guest writes to."""

    online = True


class DeleteVolume(Operation):
    """Delete a volume whose active file is not its base: its snapshot was deleted online.

    :cvar ends: how it may be found if it is not gone
    """

    ends: tuple[str, ...] = ('available', 'error', 'error_deleting')

    def prepare(self) -> None:
        """Make the volume."""
        volume = self._written_volume()
        self.stage.servers.attach(self.stage.servers.create('a'), volume)
        self.stage.volumes.snapshot(volume, 's1')
        self.stage.volumes.delete_snapshot(volume, 's1')
        self.stage.servers.detach(volume)

    def act(self) -> None:
        """Delete it."""
        if self.volume is not None:
            self.stage.volumes.delete(self.volume)

    def survey(self) -> None:
        """See that it is gone, or can be deleted again."""
        context, volume = self.stage.context, self.volume
        if volume is None:
            return
        self.volume = None  # whether it is gone or not, there is nothing to go on with
        found = survivors.volume(context, 'v1', 'deleting')
        if volume in self.stage.volumes.all:
            self.stage.volumes.all.remove(volume)
        context.made.drop(volume.id)
        if found.status == GONE:
            return
        context.made.add(volume.id, 'volume v1', lambda: survivors.remove(context, volume.id))
        if found.status not in self.ends:
            raise survivors.stuck('volume v1', found.status)

    def repeat(self) -> None:
        """Delete it again."""
        survivors.remove_volumes(self.stage.context, 'v1')


class DeleteVolumeWithSnapshots(DeleteVolume):
    """Delete a volume together with its snapshots."""

    ends = ()  # Cinder goes on with it at its start, by itself

    def prepare(self) -> None:
        """Make the volume and its snapshots."""
        volume = self._written_volume()
        for name in ('s1', 's2'):
            self.stage.volumes.snapshot(volume, name)
            self.stage.volumes.write(volume)

    def act(self) -> None:
        """Delete it, and them."""
        if self.volume is not None:
            survivors.remove(self.stage.context, self.volume.id, cascade=True)
            self.stage.volumes.all.remove(self.volume)
            self._forget_snapshots()

    def survey(self) -> None:
        """See that nothing of it is left."""
        self._forget_snapshots()
        super().survey()

    def _forget_snapshots(self) -> None:
        for snapshot in self.volume.snapshots if self.volume else ():
            self.stage.context.made.drop(snapshot.id)


class ExtendVolume(OnVolume):
    """Make a detached volume with a snapshot larger.

    :cvar usable: its status before and afterwards
    """

    snapshots = ('s1',)
    usable = 'available'

    def act(self) -> None:
        """Extend it."""
        self.stage.volumes.extend(self.target, 2)

    def survey(self) -> None:
        """See that it has one size or the other."""
        found = survivors.volume(self.stage.context, 'v1', 'extending')
        if found.status not in (self.usable, 'error_extending'):
            raise survivors.stuck('volume v1', found.status)
        self.target.size = found.gib * _GIB

    def repeat(self) -> None:
        """Extend it, if it has its old size."""
        if self.target.size < 2 * _GIB:
            self.clear()
            self.stage.volumes.extend(self.target, 2)

    def clear(self) -> None:
        """Declare the volume to be usable if it has failed."""
        survivors.make_usable(self.stage.context, self.target.id, self.usable)


class ExtendAttachedVolume(ExtendVolume):
    """Make a volume with a snapshot larger, while a guest writes to it."""

    online = True
    usable = 'in-use'
