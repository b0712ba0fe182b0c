# SPDX-License-Identifier: Apache-2.0
"""What the console guest writes, in the terms of every other volume: a history of writes.

Main classes: :class:`RecordHistory` and :class:`Stamps`. That guest writes by itself, and always
the same: a record, then the head that counts it, then the next record. So write 2n - 1 is that of
record n to block n, and write 2n that of a head that counts n records to block 0; whatever is
found on a disk is the state after some number of writes. How many there were is known by what the
guest has said, and by what judges have found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from console_guest.blocks import BLOCK_SIZE, Head, Record
from nova_assist.checks import pattern
from nova_assist.checks.model import Exactly, Expectation, History, Within
from nova_assist.checks.pattern import Content, Foreign, Write

_RECORD = re.compile(rb'nova-assist record ([0-9a-f]{16}) ([0-9]{12}) ')

if BLOCK_SIZE != pattern.BLOCK_SIZE:
    raise ImportError('images are read in blocks of another size than the guest writes')


def writes(records: int) -> int:
    """Return how many writes there were when so many records had been counted."""
    return 2 * records


def counted(count: int) -> int:
    """Return how many records the guest finds after so many writes."""
    return count // 2


class Stamps:
    """Recognises the guest's blocks, and knows by their stamps which volume they were made for."""

    def __init__(self) -> None:
        """Start with no volume known."""
        self._origins: dict[str, str] = {}

    def decode(self, data: bytes) -> Content:
        """Tell what a block that isn't zeros is: a whole write of the guest's, or foreign."""
        head = Head.parse(data)
        if head is not None:
            return Write(self._origin(head.stamp), 0, writes(head.count))
        match = _RECORD.match(data)
        if match is not None:
            record = Record(match[1].decode(), int(match[2]))
            if record.number and record.encode() == data:
                origin = self._origin(record.stamp)
                return Write(origin, record.number, writes(record.number) - 1)
        return Foreign(data[:16])

    def knows(self, origin: str) -> bool:
        """Tell whether the stamp of a volume's blocks is known."""
        return origin in self._origins.values()

    def learn(self, origin: str, block: Content | None) -> None:
        """Take the stamp of a volume's first block for that of the volume from now on."""
        if isinstance(block, Write) and block.origin not in self._origins.values():
            self._origins[block.origin] = origin

    def _origin(self, stamp: str) -> str:
        return self._origins.get(stamp, stamp)


class RecordHistory(History):
    """The writes of the console guest to one volume: how many there were lies within bounds.

    A volume made of another goes on with that one's records, as if they were its own.
    """

    def __init__(self, origin: str, start: Mapping[int, Write] | None = None) -> None:
        """Start a history; with blocks to begin with it is that of the volume they are from."""
        known = list((start or {}).values())
        super().__init__(known[0].origin if known else origin)
        self._least = self._most = max((write.sequence for write in known), default=0)

    @property
    def issued(self) -> int:
        """How many writes there were at most."""
        return self._most

    @property
    def acknowledged(self) -> int:
        """How many writes there were at least."""
        return self._least

    def bound(self, least: int, most: int) -> None:
        """Learn how many writes there were; that there were more before is never forgotten."""
        self._least = max(self._least, least)
        self._most = max(self._least, most)

    def expected(self, size: int) -> Expectation:
        """Return what an image of ``size`` bytes holds while nobody is writing."""
        if self._least == self._most:
            return Exactly(size, self.state(self._least))
        return Within(size, self, self._least, self._most)

    def settled(self, blocks: Mapping[int, Write], *, begins: bool) -> History:
        """Return the history to go on with once judges have found these blocks."""
        return RecordHistory(self.origin, blocks)

    def state(self, count: int | None = None) -> dict[int, Write]:
        """Return what each written block holds after the first ``count`` writes."""
        last = self._most if count is None else count
        blocks = {
            number: Write(self.origin, number, writes(number) - 1)
            for number in range(1, counted(last + 1) + 1)
        }
        if counted(last):
            blocks[0] = Write(self.origin, 0, writes(counted(last)))
        return blocks

    def initial(self, block: int) -> Write | None:
        """Return what ``block`` held before the first write: nothing."""
        return None

    def written_blocks(self) -> set[int]:
        """Return the blocks that may hold something."""
        return set(range(counted(self._most + 1) + 1)) if self._most else set()

    def next_write(self, block: int, after: int) -> int | None:
        """Return the number of the first write to ``block`` later than write ``after``."""
        number = writes(counted(after) + 1) if block == 0 else writes(block) - 1
        return number if after < number <= self._most else None
