# SPDX-License-Identifier: Apache-2.0
"""Keeps writing to a guest's disk while things are done to it.

Main class: :class:`DiskWriter`. One request is in flight at a time, and the volume's history
records each before it is sent and after it is acknowledged, so that every snapshot can be judged.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence

from nova_assist.checks.model import History
from nova_assist.checks.pattern import BLOCK_SIZE
from nova_assist.scenarios.disk import Disk
from nova_assist.scenarios.errors import GuestIoError

#: Seconds between two writes: enough of them to have some in every step of an online operation,
#: few enough to leave the processor to what is being judged.
_INTERVAL = 0.004

_CLUSTER = 65536 // BLOCK_SIZE


def choose_blocks(rng: random.Random, size: int) -> list[int]:
    """Choose the blocks of a volume of ``size`` bytes that are written: a bounded set.

    The first and the last block are in it, and neighbours that share a qcow2 cluster or straddle
    two, where an overlay has part of the data and its backing file the rest.
    """
    last = size // BLOCK_SIZE - 1
    blocks = {0, 1, last, last - 1}
    for _ in range(6):
        cluster = rng.randrange(1, last // _CLUSTER)
        start = cluster * _CLUSTER
        blocks |= {start - 1, start, start + 1, start + rng.randrange(2, _CLUSTER)}
    return sorted(blocks)


def write_all(disk: Disk, history: History, blocks: Sequence[int]) -> None:
    """Write each of ``blocks`` once, in order, and flush.

    :raises GuestIoError: if a write fails
    """
    for block in blocks:
        write = history.issue(block)
        disk.write(write)
        history.acknowledge(write)
    disk.flush()


class DiskWriter:
    """A thread that writes random blocks of a set until it is paused or closed."""

    def __init__(
        self, disk: Disk, history: History, blocks: Sequence[int], rng: random.Random
    ) -> None:
        """Start writing to ``disk``, which is closed with the writer."""
        self._disk = disk
        self._history = history
        self._blocks = blocks
        self._rng = rng
        self._error: GuestIoError | None = None
        self._paused = False
        self._idle = False
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name='writer', daemon=True)
        self._thread.start()

    def acknowledged(self) -> int:
        """Return how many writes are done."""
        return self._history.acknowledged

    def issued(self) -> int:
        """Return how many writes were sent."""
        return self._history.issued

    def pause(self) -> None:
        """Stop writing for a while and flush; when this returns, nothing is in flight.

        :raises GuestIoError: if a write since the last pause, or the flush, failed
        """
        with self._changed:
            self._paused = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._idle or not self._thread.is_alive())
        if self._error is not None:
            raise self._error
        self._disk.flush()

    def resume(self) -> None:
        """Go on writing."""
        with self._changed:
            self._paused = False
            self._changed.notify_all()

    def close(self) -> None:
        """End writing and close the disk.

        :raises GuestIoError: if a write since the last pause failed
        """
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()
        self._disk.close()
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        try:
            while self._may_write():
                write = self._history.issue(self._rng.choice(self._blocks))
                self._disk.write(write)
                self._history.acknowledge(write)
        except GuestIoError as error:
            self._error = error
        finally:
            with self._changed:
                self._idle = True
                self._changed.notify_all()

    def _may_write(self) -> bool:
        """Wait for the next write's turn; false when it is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed, timeout=_INTERVAL)
            while self._paused and not self._closed:
                self._idle = True
                self._changed.notify_all()
                self._changed.wait()
            self._idle = False
            return not self._closed
