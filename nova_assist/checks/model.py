# SPDX-License-Identifier: Apache-2.0
"""What every volume and snapshot should hold, kept apart from the code under test.

Main class: :class:`History`, the writes to one volume in their order. From it come
:class:`Exactly` (the content is known) and :class:`Within` (a snapshot or clone taken while a
guest was writing: some one moment between its request and its return). Reading images is left to
:mod:`nova_assist.checks.reader`, comparing to :mod:`nova_assist.checks.data`.
"""

from __future__ import annotations

import bisect
import dataclasses
import threading
from collections.abc import Mapping

from nova_assist.checks.pattern import Write


@dataclasses.dataclass(frozen=True)
class Exactly:
    """An image whose content is known: these blocks, zeros everywhere else."""

    size: int
    blocks: Mapping[int, Write]


@dataclasses.dataclass(frozen=True)
class Within:
    """An image that holds the state after the first k writes, ``low`` <= k <= ``high``.

    ``low`` counts the writes acknowledged before the snapshot was requested, ``high`` those issued
    by the time it was there.
    """

    size: int
    history: History
    low: int
    high: int


Expectation = Exactly | Within


class History:
    """The writes to one volume, in order; written by one thread, read by others.

    A clone's history starts from its source's blocks (``start``); its own writes count from 1.
    """

    def __init__(self, origin: str, start: Mapping[int, Write] | None = None) -> None:
        """Start a history.

        :param origin: names the volume in its writes, in no more than
            :data:`~nova_assist.checks.pattern.ORIGIN_SIZE` bytes
        :param start: what the volume held before them
        """
        self.origin = origin
        self._start = dict(start or {})
        self._writes: list[Write] = []
        self._acknowledged = 0
        self._positions: dict[int, list[int]] = {}
        self._lock = threading.Lock()

    @property
    def issued(self) -> int:
        """How many writes were sent to the disk."""
        with self._lock:
            return len(self._writes)

    @property
    def acknowledged(self) -> int:
        """How many writes the disk has said to be done; all of them but the last one sent."""
        with self._lock:
            return self._acknowledged

    def issue(self, block: int) -> Write:
        """Record that a write to ``block`` is about to be sent, and return it."""
        with self._lock:
            write = Write(self.origin, block, len(self._writes) + 1)
            self._writes.append(write)
            self._positions.setdefault(block, []).append(write.sequence)
            return write

    def acknowledge(self, write: Write) -> None:
        """Record that ``write``, and all before it, is done."""
        with self._lock:
            self._acknowledged = write.sequence

    def state(self, count: int | None = None) -> dict[int, Write]:
        """Return what each written block holds after the first ``count`` writes (all if None)."""
        with self._lock:
            blocks = dict(self._start)
            blocks.update((write.block, write) for write in self._writes[:count])
            return blocks

    def expected(self, size: int) -> Expectation:
        """Return what an image of ``size`` bytes holds while nobody is writing.

        A write that failed doesn't count.
        """
        return Exactly(size, self.state(self.acknowledged))

    def settled(self, blocks: Mapping[int, Write], *, begins: bool) -> History:
        """Return the history to go on with once judges have found these blocks.

        :param begins: this history was empty, and is to begin with them
        """
        return History(self.origin, blocks) if begins else self

    def initial(self, block: int) -> Write | None:
        """Return what ``block`` held before the first write of this history."""
        return self._start.get(block)

    def written_blocks(self) -> set[int]:
        """Return the blocks that may hold something."""
        with self._lock:
            return set(self._start) | set(self._positions)

    def next_write(self, block: int, after: int) -> int | None:
        """Return the number of the first write to ``block`` later than write ``after``."""
        with self._lock:
            numbers = self._positions.get(block, [])
            place = bisect.bisect_right(numbers, after)
            return numbers[place] if place < len(numbers) else None
