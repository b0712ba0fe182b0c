# SPDX-License-Identifier: Apache-2.0
"""Looks, for all who wait for Nova, at the statuses of their snapshots with one query.

Main class: :class:`Statuses`. Who waits looks often, so that many who wait at once would leave a
Cinder no time for anything else.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future

from driver import exceptions
from nova_assist import client

# How old may be what is seen, in seconds: a share of the shortest time between two looks.
_FRESH_SECONDS = 0.01


class _Waiter:
    """Somebody who waits; waits for the same snapshot one after the other have nothing in common.

    :ivar snapshot_id: which snapshot for
    """

    def __init__(self, snapshot_id: str) -> None:
        self.snapshot_id = snapshot_id


@dataclasses.dataclass(frozen=True)
class _Query:
    """One query, and all who get its answer, or its failure.

    :ivar waiters: who was there when it began
    :ivar began: on the monotonic clock
    """

    waiters: frozenset[_Waiter]
    began: float
    answer: Future[Mapping[str, client.Status]] = dataclasses.field(default_factory=Future)

    @property
    def usable(self) -> bool:
        """Whether it goes on, or has just ended."""
        fresh = time.monotonic() - self.began < _FRESH_SECONDS
        return not self.answer.done() or (fresh and self.answer.exception() is None)


class Statuses:
    """The snapshots that somebody waits for.

    :param read: reads the statuses of snapshots; those that are gone are missing
    """

    def __init__(self, read: Callable[[Collection[str]], Mapping[str, client.Status]]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._waiters: set[_Waiter] = set()
        self._last: _Query | None = None

    @contextlib.contextmanager
    def awaited(self, snapshot_id: str) -> Iterator[Callable[[], client.Status]]:
        """Yield what looks at a snapshot; what was so before this is never seen."""
        waiter = _Waiter(snapshot_id)
        with self._lock:
            self._waiters.add(waiter)
        try:
            yield lambda: self._look(waiter)
        finally:
            with self._lock:
                self._waiters.remove(waiter)

    def _look(self, waiter: _Waiter) -> client.Status:
        """Return a snapshot's status.

        :raises StateError: it is gone
        """
        query, ours = self._query(waiter)
        if ours:
            self._carry_out(query)
        found = query.answer.result().get(waiter.snapshot_id)
        if found is None:
            raise exceptions.StateError(
                f'Snapshot {waiter.snapshot_id} has gone from the database while Nova was at work.'
            )
        return found

    def _query(self, waiter: _Waiter) -> tuple[_Query, bool]:
        """Return a query that answers a waiter, and whether it is for that one to carry out."""
        with self._lock:
            last = self._last
            if last is not None and waiter in last.waiters and last.usable:
                return last, False
            self._last = _Query(frozenset(self._waiters), time.monotonic())
            return self._last, True

    def _carry_out(self, query: _Query) -> None:
        try:
            wanted = {waiter.snapshot_id for waiter in query.waiters}
            query.answer.set_result(self._read(sorted(wanted)))
        except BaseException as error:
            query.answer.set_exception(error)
