# SPDX-License-Identifier: Apache-2.0
"""Backing a volume up and restoring it, as operations that a service may die in.

Main classes: :class:`BackUp` and :class:`Restore`. cinder-backup shares its process with the other
services of Cinder, and dies with them.
"""

from __future__ import annotations

import functools

from nova_assist.checks.model import Exactly
from nova_assist.faults import survivors
from nova_assist.faults.snapshot_operations import OnVolume
from nova_assist.scenarios.backups import Backups, TrackedBackup
from nova_assist.scenarios.errors import StepFailed
from nova_assist.scenarios.stage import Stage

_NEW = 'new'


class BackUp(OnVolume):
    """Back a volume with a snapshot up."""

    snapshots = ('s1',)

    @functools.cached_property
    def backups(self) -> Backups:
        """The scenario's backups."""
        return Backups(self.stage.context, self.stage.volumes)

    def act(self) -> None:
        """Back it up."""
        self.backups.create(self.target, _NEW)

    def survey(self) -> None:
        """See that the backup is there or has failed, and that the volume is free again."""
        context = self.stage.context
        found = survivors.backup(context, _NEW, 'creating')
        if found.status not in (survivors.GONE, 'available', 'error'):
            raise survivors.stuck(f'backup {_NEW}', found.status)
        status = survivors.volume(context, 'v1', 'backing-up').status
        if status not in ('available', 'in-use'):
            raise survivors.stuck('volume v1', status)
        self.backups.await_no_copy(self.target)
        survivors.remove_unknown_snapshots(self.stage, self.target)

    def repeat(self) -> None:
        """Make another backup, and a volume of it."""
        made = self.backups.create(self.target, 'again')
        self.backups.create_volume(made, 'restored')

    def clear(self) -> None:
        """Leave a backup that has failed to the end: it is in nobody's way."""


class BackUpOnline(BackUp):
    """Back a volume with a snapshot up while a guest writes to it."""

    online = True


class BackUpSnapshot(BackUp):
    """Back the snapshot of a volume up while a guest writes to the volume."""

    online = True

    def act(self) -> None:
        """Back it up."""
        self._back_up(_NEW)

    def survey(self) -> None:
        """See that the snapshot is free again, too."""
        found = survivors.snapshot(self.stage, self.target, 's1', 'backing-up')
        if found.status != 'available':
            raise survivors.stuck('snapshot s1', found.status)
        super().survey()

    def repeat(self) -> None:
        """Make another backup, and a volume of it."""
        self.backups.create_volume(self._back_up('again'), 'restored')

    def _back_up(self, name: str) -> TrackedBackup:
        return self.backups.create_of_snapshot(self.target, 's1', name)


class Restore(BackUp):
    """Restore a backup over a volume with a snapshot."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._backup = TrackedBackup('', '', Exactly(0, {}))
        self._files: set[str] = set()

    def prepare(self) -> None:
        """Make the backup, and write to the volume afterwards."""
        super().prepare()
        self._backup = self.backups.create(self.target, 'b1')
        self.stage.volumes.write(self.target)
        self._files = self._names()

    def act(self) -> None:
        """Restore it."""
        self.backups.restore(self._backup, self.target)

    def survey(self) -> None:
        """See that volume and backup are free again, and nothing but the volume is left."""
        context = self.stage.context
        found = survivors.volume(context, 'v1', 'restoring-backup')
        if found.status not in ('available', 'error_restoring'):
            raise survivors.stuck('volume v1', found.status)
        status = survivors.backup(context, 'b1', 'restoring').status
        if status != 'available':
            raise survivors.stuck('backup b1', status)
        left = self._names() - self._files
        if left:
            raise StepFailed('the restoration has left files', 'none', ', '.join(sorted(left)))

    def settle(self) -> None:
        """Restore it again: what the volume holds after a part of it, nobody promises."""
        survivors.make_usable(self.stage.context, self.target.id)
        self.backups.restore(self._backup, self.target)

    def repeat(self) -> None:
        """Do nothing: it has been restored again before the judges looked."""

    def _names(self) -> set[str]:
        return {path.name for path in self.stage.context.share.iterdir()}
