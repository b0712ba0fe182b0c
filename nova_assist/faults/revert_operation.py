# SPDX-License-Identifier: Apache-2.0
"""Reverting a volume to its newest snapshot, as an operation that a service may die in.

Main class: :class:`RevertVolume`.
"""

from __future__ import annotations

from nova_assist.faults import survivors
from nova_assist.faults.snapshot_operations import OnVolume

_NEWEST = 's2'


class RevertVolume(OnVolume):
    """Revert a volume to the newest of two snapshots."""

    snapshots: tuple[str, ...] = ('s1', _NEWEST)

    def act(self) -> None:
        """Revert it."""
        self.stage.volumes.revert(self.target, _NEWEST)

    def survey(self) -> None:
        """See that it has been reverted; where that has failed, do it again.

        A volume that is available is taken for a reverted one: nothing says that it is not.
        """
        context, volume = self.stage.context, self.target
        found = survivors.volume(context, volume.name, 'reverting')
        snapshot = survivors.snapshot(self.stage, volume, _NEWEST, 'restoring')
        if found.status not in ('available', 'error'):
            raise survivors.stuck(f'volume {volume.name}', found.status)
        if snapshot.status != 'available':
            raise survivors.stuck(f'snapshot {_NEWEST}', snapshot.status)
        if found.status == 'error':
            self.clear()
            self.act()
        else:
            self.stage.volumes.take_back(volume, _NEWEST)

    def repeat(self) -> None:
        """Write to it, and revert it again."""
        self.stage.volumes.write(self.target)
        self.act()

    def clear(self) -> None:
        """Declare the volume to be available if it has failed."""
        survivors.make_usable(self.stage.context, self.target.id)
