# SPDX-License-Identifier: Apache-2.0
"""A volume of a story: who has it, what it holds, and its snapshots.

Main class: :class:`Disk`. What happens to it is left to :mod:`tempest_plugin.scenario.story`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tempest_plugin import errors
from tempest_plugin.data.guest import Guest
from tempest_plugin.scenario.ledger import Bounds, Ledger


@dataclasses.dataclass
class Disk:
    """A volume, as a story knows it.

    :ivar attached: whether a server has it.
    :ivar writes: whether that server's guest is running.
    """

    volume: Mapping[str, Any]
    attached: bool = False
    writes: bool = False
    ledger: Ledger = dataclasses.field(default_factory=Ledger)
    _holder: tuple[Mapping[str, Any], Guest] | None = None
    _snapshots: dict[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)

    @property
    def id(self) -> str:
        """The volume's id."""
        return str(self.volume['id'])

    @property
    def snapshots(self) -> list[Mapping[str, Any]]:
        """The snapshots, the oldest first."""
        return list(self._snapshots.values())

    @property
    def server(self) -> Mapping[str, Any]:
        """The server that has it, or had it last.

        :raises NeverAttached: there is none
        """
        return self._held()[0]

    @property
    def guest(self) -> Guest:
        """That server's guest.

        :raises NeverAttached: there is none
        """
        return self._held()[1]

    def plugged(self, server: Mapping[str, Any], guest: Guest) -> None:
        """Note that a server has it, whose guest runs."""
        self._holder = (server, guest)
        self.attached = self.writes = True

    def unplugged(self) -> None:
        """Note that nobody has it any more."""
        self.attached = self.writes = False

    def recall(self) -> None:
        """Learn what the guest has said so far, if it is running."""
        if self.writes:
            self.ledger.remember(self.guest.known(self.id))

    def taken(self, snapshot: Mapping[str, Any]) -> None:
        """Note a snapshot that was asked for after the last that is known."""
        self._snapshots[snapshot['id']] = snapshot
        self.ledger.take(snapshot['id'])

    def dropped(self, snapshot: Mapping[str, Any]) -> None:
        """Note that a snapshot is deleted."""
        del self._snapshots[snapshot['id']]
        self.ledger.drop(snapshot['id'])

    def bounds(self, snapshot: Mapping[str, Any]) -> Bounds:
        """Return how many records a snapshot has to have."""
        return self.ledger.bounds(snapshot['id'])

    def _held(self) -> tuple[Mapping[str, Any], Guest]:
        if self._holder is None:
            raise errors.NeverAttached(
                f'volume {self.id} was never attached to a server; attach it first'
            )
        return self._holder
