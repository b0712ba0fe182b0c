# SPDX-License-Identifier: Apache-2.0
"""What scenarios do to volumes and snapshots, and what that means for their models.

Main class: :class:`Volumes`.
"""

from __future__ import annotations

import dataclasses

from nova_assist.checks.model import Exactly, Expectation, Within
from nova_assist.scenarios.context import GONE, Context
from nova_assist.scenarios.errors import StepFailed
from nova_assist.scenarios.guests import Guests
from nova_assist.scenarios.images import TrackedImage
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.tracked import TrackedSnapshot, TrackedVolume
from nova_assist.scenarios.writer import choose_blocks

_GIB = 1024**3


class Volumes:
    """The volumes of one scenario."""

    def __init__(self, context: Context, guests: Guests) -> None:
        """Start with none."""
        self._context = context
        self._guests = guests
        #: The volumes that exist now.
        self.all: list[TrackedVolume] = []
        #: The ids that files of volumes bear or bore, of those too that exist no more.
        self.made: set[str] = set()

    def create(self, name: str, gib: int = 1) -> TrackedVolume:
        """Make an empty volume of ``gib`` GiB and wait for it.

        :raises StepFailed: if it doesn't become available
        """
        return self.make(name, gib)

    def clone(
        self, snapshot: TrackedSnapshot, name: str, gib: int = 1, form: str = ''
    ) -> TrackedVolume:
        """Make a volume from a snapshot, and wait for it.

        :param form: its format, if another than the scenario's
        :raises StepFailed: if it doesn't become available, or nobody knows what it should hold
        """
        data = snapshot.expected()
        volume = self.make(name, gib, form, snapshot_id=snapshot.id)
        self.hold(volume, data)
        return volume

    def clone_volume(self, source: TrackedVolume, name: str, gib: int = 1) -> TrackedVolume:
        """Make a volume from another, whether a guest is writing to that or not; wait for it.

        :raises StepFailed: if it doesn't become available, or a snapshot of the source stays
        """
        low = source.acknowledged()
        volume = self.make(name, gib, source.image_format, source_volid=source.id)
        self.hold(volume, source.since(low))
        self.expect_no_other_snapshots(source, 'cloning')
        return volume

    def of_image(self, image: TrackedImage, name: str, gib: int = 1) -> TrackedVolume:
        """Make a volume of an image, which has to fit, and wait for it.

        :raises StepFailed: if it doesn't become available
        """
        volume = self.make(name, gib, imageRef=image.id)
        self.hold(volume, image.data)
        return volume

    def hold(self, volume: TrackedVolume, data: Expectation, origin: str = '') -> None:
        """Expect a volume to hold a copy of something from now on, its rest being zeros.

        :param origin: of its writes, which has to be another one if there were some before
        """
        blocks = data.blocks if isinstance(data, Exactly) else None
        volume.history = self._guests.history(origin or volume.name, blocks)
        volume.unsettled = (
            dataclasses.replace(data, size=volume.size) if isinstance(data, Within) else None
        )

    def delete(self, volume: TrackedVolume) -> None:
        """Delete a volume and wait until it is gone.

        :raises StepFailed: if it is refused or doesn't end
        """
        api = self._context.api
        with refusals(f'deleting volume {volume.name}'):
            api.cinder.volumes.delete(volume.id)
        self._context.await_volume(volume, GONE, 'deleting')
        self.all.remove(volume)
        self._context.made.drop(volume.id)

    def extend(self, volume: TrackedVolume, gib: int) -> None:
        """Make a volume larger, attached or not, and wait for it.

        :raises StepFailed: if it is refused or doesn't end well
        """
        with refusals(f'extending volume {volume.name} to {gib} GiB'):
            self._context.api.cinder.volumes.extend(volume.id, gib)
        self._context.await_volume(volume, 'in-use' if volume.server else 'available', 'extending')
        volume.size = gib * _GIB
        volume.blocks = choose_blocks(self._context.rng, volume.disk_size)

    def revert(self, volume: TrackedVolume, name: str) -> None:
        """Give a volume that is not in use the data of its newest snapshot back; wait for it.

        :raises StepFailed: if it is refused or doesn't end well
        """
        snapshot = volume.snapshot(name)
        self.request_revert(volume, name)
        self._context.await_volume(volume, 'available', 'reverting')
        self.await_snapshot(snapshot.id, name, 'available', 'restoring')
        self.take_back(volume, name)

    def request_revert(self, volume: TrackedVolume, name: str) -> None:
        """Ask for a revert without waiting.

        :raises StepFailed: if it is refused
        """
        with refusals(f'reverting volume {volume.name} to snapshot {name}'):
            self._context.api.cinder.volumes.revert_to_snapshot(
                volume.id, volume.snapshot(name).id
            )

    def take_back(self, volume: TrackedVolume, name: str) -> None:
        """Expect a volume to hold what a snapshot of it does; judges have to know what that is.

        Its writes have another origin from now on, or new ones could be taken for old ones.

        :raises StepFailed: if the snapshot was never judged
        """
        origin = f'{volume.history.origin}~'
        volume.history = self._guests.history(origin, volume.snapshot(name).known().blocks)

    def write(self, volume: TrackedVolume) -> None:
        """Write something to a volume that is not in use, which is free again afterwards.

        :raises StepFailed: if a request is refused, or somebody is told the wrong file
        :raises GuestIoError: if a write fails
        """
        self._guests.write_at_rest(volume)

    def snapshot(self, volume: TrackedVolume, name: str) -> TrackedSnapshot:
        """Take a snapshot, whether a guest is writing or not, and wait for it.

        :raises StepFailed: if it doesn't become available
        """
        low = volume.acknowledged()
        snapshot_id = self.request_snapshot(volume, name)
        self.await_snapshot(snapshot_id, name, 'available', 'creating')
        return self.keep_snapshot(volume, snapshot_id, name, low)

    def keep_snapshot(
        self, volume: TrackedVolume, snapshot_id: str, name: str, low: int
    ) -> TrackedSnapshot:
        """Have a snapshot judged from now on that has become available.

        :param low: how many writes were acknowledged when it was asked for
        """
        snapshot = TrackedSnapshot(snapshot_id, name, volume.since(low))
        volume.snapshots.append(snapshot)
        return snapshot

    def track_snapshot(self, volume: TrackedVolume, snapshot: TrackedSnapshot) -> None:
        """Have the next younger snapshot of a volume judged from now on, and deleted."""
        volume.snapshots.append(snapshot)
        ident, name = snapshot.id, snapshot.name
        self._context.made.add(ident, f'snapshot {name}', lambda: self.discard(ident, name))

    def delete_snapshot(self, volume: TrackedVolume, name: str) -> None:
        """Delete the snapshot called ``name`` and wait until it is gone.

        :raises StepFailed: if it is refused or doesn't end
        """
        snapshot = volume.snapshot(name)
        self.request_delete(snapshot.id, name)
        self.await_snapshot(snapshot.id, name, GONE, 'deleting')
        self.drop_snapshot(volume, name)

    def drop_snapshot(self, volume: TrackedVolume, name: str) -> None:
        """Have a snapshot that is gone judged no more."""
        snapshot = volume.snapshot(name)
        volume.snapshots.remove(snapshot)
        self._context.made.drop(snapshot.id)

    def request_snapshot(self, volume: TrackedVolume, name: str) -> str:
        """Ask for a snapshot, and return its id without waiting.

        :raises StepFailed: if it is refused
        """
        context = self._context
        with refusals(f'creating snapshot {name} of volume {volume.name}'):
            made = context.api.cinder.volume_snapshots.create(
                volume.id, name=f'{context.scenario}-{name}'
            )
        context.made.add(made.id, f'snapshot {name}', lambda: self.discard(made.id, name))
        return str(made.id)

    def request_delete(self, snapshot_id: str, name: str) -> None:
        """Ask for a snapshot's end without waiting.

        :raises StepFailed: if it is refused
        """
        with refusals(f'deleting snapshot {name}'):
            self._context.api.cinder.volume_snapshots.delete(snapshot_id)

    def discard(self, snapshot_id: str, name: str) -> None:
        """Delete a snapshot, even one whose creation or deletion failed, and wait for its end.

        :raises StepFailed: if it is refused or doesn't end
        """
        with refusals(f'asking for the status of snapshot {name}'):
            status = self._context.api.snapshot_status(snapshot_id)
        if status == 'error_deleting':
            self.reset_snapshot(snapshot_id, name, 'error')
        self.request_delete(snapshot_id, name)
        self.await_snapshot(snapshot_id, name, GONE, 'deleting')
        self.forget(snapshot_id)

    def forget(self, snapshot_id: str) -> None:
        """Expect a snapshot, known or not, to exist no more."""
        for volume in self.all:
            volume.snapshots = [each for each in volume.snapshots if each.id != snapshot_id]
        self._context.made.drop(snapshot_id)

    def reset_snapshot(self, snapshot_id: str, name: str, status: str) -> None:
        """Declare a snapshot in an error state to be in another, as an administrator would.

        :raises StepFailed: if it is refused
        """
        with refusals(f'resetting the status of snapshot {name}'):
            self._context.api.cinder.volume_snapshots.reset_state(snapshot_id, status)

    def await_snapshot(self, snapshot_id: str, name: str, wanted: str, pending: str) -> None:
        """Wait until a snapshot is no longer ``pending``; it has to be ``wanted`` then.

        :raises StepFailed: if it isn't, or stays as it is until the deadline
        """
        # Cinder logs some failures with the volume's id only.
        ids = [snapshot_id, *(volume.id for volume in self.all)]
        self._context.await_status(
            f'snapshot {name} ({snapshot_id})',
            ids,
            lambda: self._context.api.snapshot_status(snapshot_id),
            wanted,
            [pending],
        )

    def expect_no_other_snapshots(self, volume: TrackedVolume, doing: str) -> None:
        """See that what was done has left no snapshot of a volume.

        :param doing: what was done, such as ``cloning``
        :raises StepFailed: if there is one that the scenario hasn't taken
        """
        with refusals(f'listing the snapshots of volume {volume.name}'):
            found = self._context.api.snapshots().get(volume.id, {})
        known = {snapshot.id for snapshot in volume.snapshots}
        if other := sorted(found.keys() - known):
            raise StepFailed(
                f'{doing} volume {volume.name} has left snapshots of it',
                'none but its own',
                ', '.join(other),
            )

    def track(self, volume: TrackedVolume) -> None:
        """Have a volume that Cinder has been asked for judged from now on, and deleted."""
        self.all.append(volume)
        self.made.add(volume.id)
        self._context.made.add(volume.id, f'volume {volume.name}', lambda: self.delete(volume))

    def make(self, name: str, gib: int, form: str = '', **source: str) -> TrackedVolume:
        """Make a volume of ``gib`` GiB of anything, and wait for it.

        :param form: its format, if another than the scenario's
        :param source: what of, as Cinder's request has it
        :raises StepFailed: if it doesn't become available
        """
        context, history = self._context, self._guests.history(name)
        form = form or context.image_format
        with refusals(f'creating volume {name}'):
            made = context.api.cinder.volumes.create(
                gib,
                name=f'{context.scenario}-{name}',
                volume_type=context.types[form],
                **source,
            )
        size = gib * _GIB
        blocks = choose_blocks(context.rng, size)
        volume = TrackedVolume(made.id, name, size, history, blocks, image_format=form)
        self.track(volume)
        context.await_volume(volume, 'available', 'creating', 'downloading')
        context.find(volume)
        return volume
