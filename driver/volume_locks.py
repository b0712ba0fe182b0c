# SPDX-License-Identifier: Apache-2.0
"""Locks that all services of a backend have in common: a volume's, if free, and for placing.

Main functions: :func:`synchronized`, Cinder's decorator of who waits for a lock,
:func:`try_lock`, :func:`try_deletion` and :func:`placing`. A lock that can't be let go of, for the
lock service is out of reach just then, would be renewed by tooz for as long as this process lives,
and everybody would wait for it: :func:`release_left` lets go of it later.
"""

from __future__ import annotations

import contextlib
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import tooz
from cinder import coordination
from oslo_log import log as logging

LOG = logging.getLogger(__name__)

_Method = TypeVar('_Method', bound=Callable[..., Any])

#: The schemes of tooz's drivers whose locks hold on one host only.
_LOCAL = ('file', 'ipc')

# Seconds: more than the default of tooz's drivers, which is 30 at most. A longer ``timeout`` in
# backend_url is not waited for.
_LONGEST_LEASE = 45.0


class _Lock:
    """One of tooz's, as Cinder's decorator uses it.

    :param left: gets it if it can't be let go of
    """

    def __init__(self, lock: Any, left: list[Any]) -> None:
        self._lock = lock
        self._left = left
        self.name = lock.name

    def acquire(self, blocking: bool = True) -> bool:
        """Take the lock; returns whether that came true, which it always does if we wait."""
        return bool(self._lock.acquire(blocking))

    def release(self) -> None:
        """Let go of the lock, or remember to.

        :raises tooz.ToozError: it can't be let go of now
        """
        try:
            self._lock.release()
        except tooz.ToozError:
            self._left.append(self._lock)
            raise


class _Coordinator:
    """Cinder's, which all backends of a process have in common."""

    def __init__(self) -> None:
        self._left: list[Any] = []

    def get_lock(self, name: str) -> _Lock:
        """Return the lock of that name."""
        return _Lock(coordination.COORDINATOR.get_lock(name), self._left)

    def release_left(self) -> None:
        """Let go of the locks that couldn't be when it was time.

        Tooz doesn't touch one that another process has taken since.

        :raises tooz.ToozError: they still can't be
        """
        while self._left:
            lock = self._left.pop()
            _Lock(lock, self._left).release()
            LOG.warning('Lock %s could not be let go of until now.', lock.name)


_COORDINATOR = _Coordinator()

release_left = _COORDINATOR.release_left


def synchronized(*names: str) -> Callable[[_Method], _Method]:
    """Have a method wait for locks, and hold them; as Cinder's decorator of this name does.

    :param names: of the locks, with the method's parameters in braces
    """
    decorate: Callable[[_Method], _Method] = coordination.synchronized(
        *names, coordinator=_COORDINATOR
    )
    return decorate


@contextlib.contextmanager
def try_lock(prefix: str, volume_id: str) -> Iterator[bool]:
    """Hold the lock of a volume for the length of the block if nobody else does.

    :param prefix: what the names of a driver's locks begin with
    """
    with _try(f'{prefix}-{volume_id}') as taken:
        yield taken


def try_deletion(snapshot_id: str) -> AbstractContextManager[bool]:
    """Keep everybody from deleting a snapshot for the length of the block if nobody does now.

    Cinder's volume manager holds that lock from the moment it was told of the deletion until the
    snapshot's row is gone or says that it has failed (``delete_snapshot``).
    """
    return _try(f'{snapshot_id}-delete_snapshot')


@contextlib.contextmanager
def _try(name: str) -> Iterator[bool]:
    lock = _COORDINATOR.get_lock(name)
    taken = lock.acquire(blocking=False)
    try:
        yield taken
    finally:
        if taken:
            lock.release()


def longest_lease() -> float:
    """Return for how many seconds locks are waited for that a dead process may have had."""
    return 0.0 if _are_local() else _LONGEST_LEASE


def _are_local() -> bool:
    # Tooz's own word on its drivers (CHARACTERISTICS) is no help: it has etcd's be of one host.
    url = coordination.CONF.coordination.backend_url
    return urllib.parse.urlsplit(url).scheme in _LOCAL


def warn_if_local() -> None:
    """Log that the locks may not reach the other hosts of a cluster, where they may not."""
    if _are_local():
        LOG.warning(
            'The services of this cluster keep each other from working on one volume by locks '
            'that hold on one host ([coordination] backend_url = file://...). Unless that is one '
            'folder for all of its hosts, whose file system has locks that hold on all of them, '
            'volumes will be damaged: have backend_url lead to etcd or the like.'
        )


@contextlib.contextmanager
def placing(prefix: str, service: str) -> Iterator[None]:
    """Keep others from choosing a share for the length of the block, which is short.

    Who chooses has that saved in the block: two volumes would be given the same room else.

    :param prefix: what the names of a driver's locks begin with
    :param service: who serves the backend, its cluster if it is in one
    """
    lock = _COORDINATOR.get_lock(f'{prefix}-placing-{service}')
    lock.acquire()
    try:
        yield
    finally:
        lock.release()
