# SPDX-License-Identifier: Apache-2.0
"""What scenarios have Cinder manage and unmanage, and what that means for their models.

Main class: :class:`Adoptions`. What a volume or snapshot holds stays the same; its id is new.
"""

from __future__ import annotations

from typing import Any

from nova_assist.scenarios.context import GONE, Context
from nova_assist.scenarios.errors import NotPossible, StepFailed
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.tracked import TrackedSnapshot, TrackedVolume
from nova_assist.scenarios.volumes import Volumes


class Adoptions:
    """What a scenario has unmanaged and managed.

    :param volume: any volume of the backend
    :raises NotPossible: its driver can't list what it could manage
    """

    def __init__(self, context: Context, volumes: Volumes, volume: TrackedVolume) -> None:
        self._context = context
        self._volumes = volumes
        with refusals(f'asking where volume {volume.name} is'):
            self._host = context.api.host(volume.id)
        # Cinder answers with an empty list for a driver that can't list.
        with refusals('listing what can be managed'):
            if not context.api.cinder.volumes.list_manageable(self._host):
                raise NotPossible('the driver does not list what it could manage')

    def listed(self, name: str) -> dict[str, Any]:
        """Return what is listed of a file of the share.

        :raises StepFailed: if it is not listed, or not exactly once
        """
        with refusals('listing what can be managed'):
            entries = self._context.api.cinder.volumes.list_manageable(self._host)
        found = [each.to_dict() for each in entries if _name(each.reference) == name]
        if len(found) != 1:
            said = f'{len(found)} entries'
            raise StepFailed(f'what can be managed has {said} for {name}', 'one entry', said)
        listed: dict[str, Any] = found[0]
        return listed

    def unmanage(self, volume: TrackedVolume) -> None:
        """Have Cinder forget a volume that nobody uses, and wait until it has.

        Its files are nobody's then: judges must not look before it is managed again.

        :raises StepFailed: if it is refused or doesn't end
        """
        with refusals(f'unmanaging volume {volume.name}'):
            self._context.api.cinder.volumes.unmanage(volume.id)
        self._context.await_volume(volume, GONE, 'unmanaging')
        self._volumes.all.remove(volume)
        self._context.made.drop(volume.id)

    def request(self, reference: dict[str, str], name: str) -> str:
        """Ask for something to be managed; returns the new volume's id without waiting.

        :raises StepFailed: if it is refused
        """
        context = self._context
        with refusals(f'managing {reference} as volume {name}'):
            made = context.api.cinder.volumes.manage(
                self._host,
                reference,
                name=f'{context.scenario}-{name}',
                volume_type=context.volume_type,
            )
        return str(made.id)

    def manage(self, volume: TrackedVolume, reference: dict[str, str]) -> None:
        """Have Cinder manage what a volume was that it has forgotten, and wait for it.

        :raises StepFailed: if it doesn't become available
        """
        volume.id = self.request(reference, volume.name)
        self._volumes.track(volume)
        self._context.await_volume(volume, 'available', 'creating')  # "managing"
        self.take_up(volume)

    def take_up(self, volume: TrackedVolume) -> None:
        """Have a volume that is managed again judged by the files that it has.

        :raises StepFailed: if it has another size than it had
        """
        with refusals(f'asking for the files of volume {volume.name}'):
            volume.name_id = self._context.api.name_id(volume.id)
            found = self._context.api.cinder.volumes.get(volume.id)
        if found.size << 30 != volume.size:
            raise StepFailed(
                f'volume {volume.name} has another size than it had',
                f'{volume.size >> 30} GiB',
                f'{found.size} GiB',
            )

    def unmanage_snapshot(self, volume: TrackedVolume, name: str) -> TrackedSnapshot:
        """Have Cinder forget a snapshot, and wait until it has; returns it.

        :raises StepFailed: if it is refused or doesn't end
        """
        snapshot = volume.snapshot(name)
        with refusals(f'unmanaging snapshot {name}'):
            self._context.api.cinder.volume_snapshots.unmanage(snapshot.id)
        self._volumes.await_snapshot(snapshot.id, name, GONE, 'unmanaging')
        self._volumes.drop_snapshot(volume, name)
        return snapshot

    def manage_snapshot(self, volume: TrackedVolume, snapshot: TrackedSnapshot) -> None:
        """Have Cinder manage a snapshot that it has forgotten, by its old id; wait for it.

        :raises StepFailed: if it doesn't become available
        """
        context = self._context
        with refusals(f'managing snapshot {snapshot.name}'):
            made = context.api.cinder.volume_snapshots.manage(
                volume.id, {'source-name': snapshot.id}, name=f'{context.scenario}-{snapshot.name}'
            )
        snapshot.id = str(made.id)
        self._volumes.track_snapshot(volume, snapshot)
        self._volumes.await_snapshot(snapshot.id, snapshot.name, 'available', 'creating')

    def expect_listed_snapshots(self, *snapshots: TrackedSnapshot) -> None:
        """See that snapshots are listed that can be managed.

        :raises StepFailed: if one is not
        """
        with refusals('listing the snapshots that can be managed'):
            entries = self._context.api.cinder.volume_snapshots.list_manageable(self._host)
        safe = {each.reference['source-name'] for each in entries if each.safe_to_manage}
        if missing := {each.id for each in snapshots} - safe:
            raise StepFailed(
                f'{len(missing)} snapshots are not listed as safe to manage',
                ', '.join(sorted(missing)),
                ', '.join(sorted(safe)) or 'none',
            )


def _name(reference: dict[str, str]) -> str:
    return reference['source-name'].rpartition('/')[2]
