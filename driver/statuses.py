# SPDX-License-Identifier: Apache-2.0
"""Looks, for all who wait for Nova, at the statuses of their snapshots with one query.

Main class: :class:`Statuses`. Who waits looks often, so that many who wait at once would leave a
Cinder no time for anything else.
"""

from __future__ import annotations

import collections
import contextlib
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping

from driver import exceptions
from nova_assist import client

# How old may be what is seen, in seconds: a share of the shortest time between two looks.
_FRESH_SECONDS = 0.01


class Statuses:
    """The snapshots that somebody waits for.

    :param read: reads the statuses of snapshots; those that are gone are missing
    """

    def __init__(self, read: Callable[[Collection[str]], Mapping[str, client.Status]]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._awaited: collections.Counter[str] = collections.Counter()
        self._seen: dict[str, client.Status] = {}
        self._read_at = -_FRESH_SECONDS

    @contextlib.contextmanager
    def awaited(self, snapshot_id: str) -> Iterator[Callable[[], client.Status]]:
        """Yield what looks at a snapshot; what was so before this is never seen."""
        with self._lock:
            self._seen.pop(snapshot_id, None)
            self._awaited[snapshot_id] += 1
        try:
            yield lambda: self._look(snapshot_id)
        finally:
            with self._lock:
                self._awaited -= collections.Counter([snapshot_id])

    def _look(self, snapshot_id: str) -> client.Status:
        """Return a snapshot's status.

        :raises StateError: it is gone
        """
        with self._lock:
            now = time.monotonic()
            if snapshot_id not in self._seen or now - self._read_at >= _FRESH_SECONDS:
                self._seen, self._read_at = dict(self._read(list(self._awaited))), now
            try:
                return self._seen[snapshot_id]
            except KeyError:
                raise exceptions.StateError(
                    f'Snapshot {snapshot_id} has gone from the database while Nova was at work.'
                ) from None
