# SPDX-License-Identifier: Apache-2.0
"""What a write puts on a disk: content that tells which write it was.

Main class: :class:`Pattern`. A block's content follows from the seed, the volume, the block and
the write's number alone, and carries them, so that whatever is found in an image can be named:
the write it came from, or bytes that nobody wrote. Which writes an image should hold is left to
:mod:`nova_assist.checks.model`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import struct
from typing import Protocol

#: Bytes written at a time. Smaller than a qcow2 cluster (64 KiB), so that a write into an overlay
#: makes QEMU copy the rest of the cluster up from the backing file.
BLOCK_SIZE = 4096

#: Bytes that the name of a volume may have in its writes.
ORIGIN_SIZE = 16

_HEADER = struct.Struct(f'<8sQ{ORIGIN_SIZE}sQQ')
_MAGIC = b'assisted'


@dataclasses.dataclass(frozen=True)
class Write:
    """One write of one block: the ``sequence``-th write to the volume ``origin``, from 1."""

    origin: str
    block: int
    sequence: int


@dataclasses.dataclass(frozen=True)
class Foreign:
    """Content that is no write of this run; ``head`` has its first bytes."""

    head: bytes


#: What a block can hold; a block of zeros holds nothing and has no value of its own.
Content = Write | Foreign


class Decoder(Protocol):
    """Recognises what is written in a run."""

    def decode(self, data: bytes) -> Content:
        """Tell what ``data``, one non-zero block, is: a whole write of the run, or foreign."""


class Pattern:
    """Makes and recognises the content of the writes of one run."""

    def __init__(self, seed: int) -> None:
        """Take the run's seed, of which the lowest 64 bits count."""
        self._seed = seed & (2**64 - 1)

    def encode(self, write: Write) -> bytes:
        """Return the block of :data:`BLOCK_SIZE` bytes that ``write`` puts on the disk.

        :raises ValueError: its origin is longer than :data:`ORIGIN_SIZE`
        """
        origin = write.origin.encode()
        if len(origin) > ORIGIN_SIZE:
            raise ValueError(
                f'{write.origin!r} is {len(origin)} bytes long, and a write has room for '
                f'{ORIGIN_SIZE}: give the volume a shorter name'
            )
        header = _HEADER.pack(_MAGIC, self._seed, origin, write.block, write.sequence)
        return header + hashlib.shake_128(header).digest(BLOCK_SIZE - len(header))

    def decode(self, data: bytes) -> Content:
        """Tell what ``data``, one non-zero block, is: a whole write of this run, or foreign."""
        if len(data) == BLOCK_SIZE and data.startswith(_MAGIC):
            _, _, origin, block, sequence = _HEADER.unpack_from(data)
            with contextlib.suppress(UnicodeDecodeError):
                write = Write(origin.rstrip(b'\0').decode(), block, sequence)
                if self.encode(write) == data:
                    return write
        return Foreign(data[:16])
