# SPDX-License-Identifier: Apache-2.0
"""What the console guest has on its disks: a head that counts, and records that follow in order.

Main classes: :class:`Head` and :class:`Record`, and :class:`Findings` for what a disk that was
used before holds. Reading and writing is left to those who have the disk.

A block is one line, repeated until the block is full. The line ends with a checksum of itself, so
that a block that was torn, or is of another disk or another place, is told from one that is right.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import secrets

#: Smaller than a qcow2 cluster: a write to an overlay makes QEMU copy the rest of the cluster.
BLOCK_SIZE = 4096
_LINE_SIZE = 128
_ZEROS = bytes(BLOCK_SIZE)
_HEAD = re.compile(rb'nova-assist head ([0-9a-f]{16}) ([0-9]{12}) ')


@dataclasses.dataclass(frozen=True)
class Head:
    """Block 0: *count* records follow. *stamp* tells this use of a disk from all others."""

    stamp: str
    count: int

    def encode(self) -> bytes:
        """Return the block."""
        return _block('head', self.stamp, self.count)

    @classmethod
    def parse(cls, block: bytes) -> Head | None:
        """Read a block; ``None`` where it isn't a head, or isn't whole."""
        match = _HEAD.match(block)
        if match is None:
            return None
        head = cls(match[1].decode(), int(match[2]))
        return head if head.encode() == block else None


@dataclasses.dataclass(frozen=True)
class Record:
    """Block *number*, from 1."""

    stamp: str
    number: int

    def encode(self) -> bytes:
        """Return the block."""
        return _block('record', self.stamp, self.number)


@dataclasses.dataclass
class Findings:
    """What was found on a disk so far: its head, *good* records and *bad* blocks."""

    head: Head
    good: int = 0
    bad: int = 0

    @classmethod
    def of_head(cls, block: bytes) -> Findings:
        """Begin with block 0; an empty disk, or one that is not ours, is taken into use."""
        head = Head.parse(block)
        if head is None:
            return cls(Head(new_stamp(), 0), bad=int(block != _ZEROS))
        return cls(head)

    def look(self, first: int, data: bytes) -> None:
        """Go on with the blocks from *first* on, which all should be records."""
        for place in range(0, len(data), BLOCK_SIZE):
            expected = Record(self.head.stamp, first + place // BLOCK_SIZE).encode()
            if data[place : place + BLOCK_SIZE] == expected:
                self.good += 1
            else:
                self.bad += 1

    def miss(self, count: int) -> None:
        """Take *count* records for bad that can't be looked at, as the disk ends before them."""
        self.bad += count


def new_stamp() -> str:
    """Return a stamp that no other disk has."""
    return secrets.token_hex(8)


def most_records(size: int) -> int:
    """Return how many records a disk of *size* bytes gets: a quarter of its blocks."""
    return size // BLOCK_SIZE // 4


def _block(kind: str, stamp: str, number: int) -> bytes:
    text = f'nova-assist {kind} {stamp} {number:012} '.encode()
    line = text + hashlib.sha256(text).hexdigest().encode()
    return (line.ljust(_LINE_SIZE - 1) + b'\n') * (BLOCK_SIZE // _LINE_SIZE)
