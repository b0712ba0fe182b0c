# SPDX-License-Identifier: Apache-2.0
"""Which share a new volume gets, and what room the shares of a backend have.

Main class: :class:`Placing`. What room is needed is left to :mod:`driver.room`, mounting and
measuring to :mod:`driver.shares`. No folder is read: it costs a query of the database and a look
at each file system, whatever the number of volumes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Protocol

from oslo_log import log as logging

from driver import exceptions
from driver.room import Limits, Room
from driver.shares import Shares

LOG = logging.getLogger(__name__)


class Rows(Protocol):
    """What is asked of Cinder's database about shares; :mod:`driver.share_rows` is one."""

    def promised(
        self, exports: Collection[str], apart_from: str | None = None
    ) -> Mapping[str, int]:
        """Return how many bytes the volumes on some shares may grow to, by share."""


@dataclasses.dataclass(frozen=True)
class Placing:
    """Chooses among the shares of one backend.

    :ivar limits: how much of each may be given away
    """

    mounted: Shares
    rows: Rows
    limits: Limits

    def rooms(self, apart_from: str | None = None) -> dict[str, Room]:
        """Measure the shares that can be used; one that is lost is logged and left out.

        :param apart_from: the id of a volume that does not count
        """
        exports = self.mounted.admitted()
        promised = self.rows.promised(exports, apart_from)
        found = {}
        for export in exports:
            try:
                found[export] = self._measured(export, promised)
            except exceptions.ShareError as error:
                LOG.error('Share %s is left out: %s', export, error)
        return found

    def choose(self, size: int, volume_id: str) -> str:
        """Return the share for a new volume: of those with room the one least promised.

        The caller has it known to the database before anybody else may choose, or two would be
        given the same room.

        :param size: bytes
        :param volume_id: if it was to lie somewhere before, that does not count
        :raises ShareError: none has room
        """
        rooms = self.rooms(volume_id)
        factor = self.limits.factor(rooms.values())
        lacks = {export: self.limits.lack(room, size, factor) for export, room in rooms.items()}
        for export, lack in lacks.items():
            if lack:
                LOG.warning('Share %s (%s) %s: left out.', export, rooms[export], lack)
        fitting = [export for export, lack in lacks.items() if not lack]
        if not fitting:
            raise exceptions.ShareError(self._nowhere(size, rooms, lacks, factor))
        return min(fitting, key=lambda export: rooms[export].promised)

    def require_growth(self, export: str, volume_id: str, before: int, after: int) -> None:
        """See that a volume may grow where it lies.

        :param before: the size in bytes that it has
        :param after: the size in bytes that it is to have
        :raises ShareError: its share can't be measured, or has no room
        """
        # The database may have it larger already, as another attempt has left it.
        others = self._measured(export, self.rows.promised([export], volume_id))
        room = dataclasses.replace(others, promised=others.promised + before)
        factor = self.limits.factor(self.rooms().values())
        if lack := self.limits.lack(room, after - before, factor):
            raise exceptions.ShareError(
                f'{export} has no room to extend volume {volume_id} from {before} to {after} '
                f'bytes: it {lack} ({room}{self._rule(factor)}). The volume has its old size; '
                f'make room there, or change max_over_subscription_ratio or reserved_percentage.'
            )

    def _measured(self, export: str, promised: Mapping[str, int]) -> Room:
        total, free = self.mounted.measure(export)
        return Room(total, free, promised.get(export, 0))

    def _nowhere(
        self, size: int, rooms: Mapping[str, Room], lacks: Mapping[str, str], factor: float
    ) -> str:
        figures = [f'{export} {lacks[export]} ({room})' for export, room in rooms.items()]
        lost = [
            f'{export} can not be used (see earlier messages)'
            for export in self.mounted.options
            if export not in rooms
        ]
        return (
            f'No share has room for a volume of {size} bytes: {"; ".join([*figures, *lost])}'
            f'{self._rule(factor)}. Add a share, make room, or change '
            f'max_over_subscription_ratio or reserved_percentage.'
        )

    def _rule(self, factor: float) -> str:
        return (
            f'; {self.limits.reserved:.0%} of a share are reserved, the rest may be promised '
            f'{factor:.4g} times'
        )
