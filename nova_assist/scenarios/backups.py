# SPDX-License-Identifier: Apache-2.0
"""What scenarios do with backups, and what that means for the volumes' models.

Main class: :class:`Backups`. The data of a backup is seen once it has been restored.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from cinderclient import exceptions as cinder_errors

from nova_assist.checks.model import Expectation
from nova_assist.scenarios.context import GONE, Context
from nova_assist.scenarios.errors import NotPossible
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.tracked import TrackedVolume
from nova_assist.scenarios.volumes import Volumes

_SERVICE = 'cinder-backup'
_GIB = 1024**3


@dataclasses.dataclass(frozen=True)
class TrackedBackup:
    """A backup, and what it should hold."""

    id: str
    name: str
    data: Expectation


class Backups:
    """The backups of one scenario.

    :raises NotPossible: if there is no backup service
    """

    def __init__(self, context: Context, volumes: Volumes) -> None:
        """Start with none."""
        self._context = context
        self._volumes = volumes
        with refusals('asking for the backup service'):
            found = context.api.cinder.services.list(binary=_SERVICE)
        if not found:
            raise NotPossible('the cloud has no cinder-backup')

    def create(
        self, volume: TrackedVolume, name: str, *, incremental: bool = False
    ) -> TrackedBackup:
        """Back a volume up, whether a guest is writing to it or not, and wait for it.

        :param incremental: only what has changed since the last backup of the volume
        :raises StepFailed: if it doesn't become available, or something of it stays
        """
        low = volume.acknowledged()
        made = self._create(volume, name, incremental=incremental, force=True)
        data = volume.since(low)
        status = 'available' if volume.server is None else 'in-use'
        self._context.await_volume(volume, status, 'backing-up')
        return TrackedBackup(made, name, data)

    def create_of_snapshot(self, volume: TrackedVolume, snapshot: str, name: str) -> TrackedBackup:
        """Back a snapshot up that has been judged, and wait for it.

        :raises StepFailed: if it doesn't become available, or something of it stays
        """
        taken = volume.snapshot(snapshot)
        made = self._create(volume, name, snapshot_id=taken.id)
        self._volumes.await_snapshot(taken.id, snapshot, 'available', 'backing-up')
        return TrackedBackup(made, name, taken.known())

    def restore(self, backup: TrackedBackup, volume: TrackedVolume) -> None:
        """Restore a backup over a volume that nobody uses, and wait for it.

        :raises StepFailed: if it is refused or doesn't end well
        """
        self.request_restore(backup, volume)
        self._context.await_volume(volume, 'available', 'restoring-backup')
        self._await_backup(backup.id, backup.name, 'restoring')
        self._volumes.hold(volume, backup.data, f'{volume.name}<{backup.name}')

    def request_restore(self, backup: TrackedBackup, volume: TrackedVolume) -> None:
        """Ask for a backup to be restored, without waiting.

        :raises StepFailed: if it is refused
        """
        with refusals(f'restoring backup {backup.name} to volume {volume.name}'):
            self._context.api.cinder.restores.restore(backup.id, volume_id=volume.id)

    def create_volume(self, backup: TrackedBackup, name: str) -> TrackedVolume:
        """Make a volume from a backup, and wait for it.

        :raises StepFailed: if it doesn't become available
        """
        volume = self._volumes.make(name, backup.data.size // _GIB, backup_id=backup.id)
        self._volumes.hold(volume, backup.data)
        return volume

    def _create(self, volume: TrackedVolume, name: str, **options: Any) -> str:
        context = self._context
        with refusals(f'creating backup {name} of volume {volume.name}'):
            made = context.api.cinder.backups.create(
                volume.id, name=f'{context.scenario}-{name}', **options
            )
        backup = str(made.id)
        context.made.add(backup, f'backup {name}', lambda: self._discard(backup, name))
        self._await_backup(backup, name, 'creating')
        self.await_no_copy(volume)
        self._volumes.expect_no_other_snapshots(volume, 'backing up')
        return backup

    def _discard(self, backup: str, name: str) -> None:
        """Delete a backup, even one that has failed, and wait for its end."""
        with refusals(f'deleting backup {name}'):
            self._context.api.cinder.backups.delete(backup)
        self._context.await_status(
            f'backup {name} ({backup})',
            [backup],
            lambda: self.status(backup),
            GONE,
            ['deleting'],
        )
        self._context.made.drop(backup)

    def _await_backup(self, backup: str, name: str, pending: str) -> None:
        self._context.await_status(
            f'backup {name} ({backup})',
            [backup, *(volume.id for volume in self._volumes.all)],
            lambda: self.status(backup),
            'available',
            [pending],
        )

    def await_no_copy(self, volume: TrackedVolume) -> None:
        """Wait for the end of the temporary volume that Cinder lets drivers copy one to."""
        name = f'backup-vol-{volume.id}'

        def read() -> str | None:
            found = self._context.api.cinder.volumes.list(search_opts={'name': name})
            return next((str(each.status) for each in found), None)

        self._context.await_status(
            f'temporary volume {name}', [volume.id], read, GONE, ['backing-up', 'deleting']
        )

    def status(self, backup: str) -> str | None:
        """Return the backup's status, or ``None`` if there is no such backup."""
        try:
            return str(self._context.api.cinder.backups.get(backup).status)
        except cinder_errors.NotFound:
            return None
