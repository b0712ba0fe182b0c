# SPDX-License-Identifier: Apache-2.0
"""How many records a volume has to have, and each of its snapshots.

Main class: :class:`Ledger`. A guest goes on writing while a snapshot is taken, so its data is
only known within bounds: what was there before the request, and what is there when the guest is
heard again. Hearing it is left to :mod:`tempest_plugin.scenario.story`.
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Bounds:
    """How many records there are.

    :ivar most: None as long as the guest has not been heard since.
    """

    least: int
    most: int | None = None


class Ledger:
    """The records of one volume that one guest at a time writes to."""

    def __init__(self) -> None:
        self._least = 0
        self._snapshots: dict[str, Bounds] = {}

    @property
    def least(self) -> int:
        """How many records the volume has at least."""
        return self._least

    def remember(self, records: int) -> None:
        """Note what the guest has said at any time: so many are there, or more by now."""
        self._least = max(self._least, records)

    def hear(self, records: int) -> None:
        """Note what the guest says now: no snapshot that there is has more."""
        self.remember(records)
        for ident, bounds in self._snapshots.items():
            if bounds.most is None:
                self._snapshots[ident] = dataclasses.replace(bounds, most=records)

    def take(self, snapshot_id: str) -> None:
        """Note that a snapshot was asked for after all that is known."""
        self._snapshots[snapshot_id] = Bounds(self._least)

    def drop(self, snapshot_id: str) -> None:
        """Note that a snapshot is deleted."""
        del self._snapshots[snapshot_id]

    def revert(self, snapshot_id: str) -> Bounds:
        """Note that the volume has the data of a snapshot again; returns what that is."""
        bounds = self._snapshots[snapshot_id]
        self._least = bounds.least
        return bounds

    def bounds(self, snapshot_id: str) -> Bounds:
        """Return what a snapshot has to have."""
        return self._snapshots[snapshot_id]
