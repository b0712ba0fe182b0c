# SPDX-License-Identifier: Apache-2.0
"""How much of a share may still be given to volumes. Pure.

Main classes: :class:`Room`, a share's figures, and :class:`Limits`, what the options allow. The
rules are those of Cinder's scheduler (``calculate_capacity_factors`` and
``calculate_max_over_subscription_ratio``), which sees the shares of a backend
as one pool, and so can't tell whether one of them has room; what it does not see to is that the
reserve stays free. Measuring is left to :mod:`driver.placing`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from oslo_utils import units

from driver.options import Settings

#: What Cinder's scheduler takes ``auto`` for where nothing is promised (``INITIAL_AUTO_MOSR``).
_FIRST_AUTO = 20.0


@dataclasses.dataclass(frozen=True)
class Room:
    """The room on a share, in bytes.

    :ivar total: the size of its file system
    :ivar free: what an ordinary user may still write to it
    :ivar promised: the sizes of the volumes that lie on it or are about to, whichever backend of
        this Cinder has them. Snapshots don't count, as with Cinder's other drivers: what they take
        is missing in ``free``.
    """

    total: int
    free: int
    promised: int

    def __str__(self) -> str:
        total, free, promised = (
            f'{size / units.Gi:.1f}' for size in (self.total, self.free, self.promised)
        )
        return f'{total} GiB, {free} of them free, {promised} promised'


@dataclasses.dataclass(frozen=True)
class Limits:
    """How much of each share may be given away.

    :ivar sparse: volumes take room as they are written (``nfs_sparsed_volumes``), so that more
        may be promised than there is
    :ivar reserved: part of a share that stays free, 0 to 1 (``reserved_percentage``)
    :ivar ratio: how many times what is not reserved may be promised to sparse volumes
        (``max_over_subscription_ratio``); None stands for ``auto``
    """

    sparse: bool
    reserved: float
    ratio: float | None

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Return the limits that a backend's options set."""
        return cls(settings.sparse, settings.reserved, settings.over_subscription)

    def factor(self, rooms: Collection[Room]) -> float:
        """Return how many times what is not reserved may be promised on each of the shares.

        ``auto`` depends on how much of what was promised has been written by now, on all shares
        together: the scheduler computes the same of what it is told.

        :param rooms: the room on each share of the backend
        """
        if not self.sparse:
            return 1.0
        if self.ratio is not None:
            return self.ratio
        promised = sum(room.promised for room in rooms) / units.Gi
        used = sum(room.total - room.free for room in rooms) / units.Gi
        return 1 + promised / (used + 1) if promised else _FIRST_AUTO

    def lack(self, room: Room, size: int, factor: float) -> str:
        """Return why a share has no room for a volume, or for what one is to grow by; or "".

        :param size: bytes
        :param factor: see :meth:`factor`
        """
        reserve = room.total * self.reserved
        if room.free <= reserve:
            return 'is full'
        if not self.sparse and room.free < reserve + size:
            return 'has not that much free'
        if room.promised + size > (room.total - reserve) * factor:
            return 'has too much promised'
        return ''
