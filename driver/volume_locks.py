# SPDX-License-Identifier: Apache-2.0
"""Locks that all services of a backend have in common: a volume's, if free, and for placing.

Main functions: :func:`try_lock` and :func:`placing`. Who waits for a volume's lock is told by a
decorator of Cinder's, see :mod:`driver.remotefs`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from cinder import coordination


@contextlib.contextmanager
def try_lock(prefix: str, volume_id: str) -> Iterator[bool]:
    """Hold the lock of a volume for the length of the block if nobody else does.

    :param prefix: what the names of a driver's locks begin with
    """
    lock = coordination.COORDINATOR.get_lock(f'{prefix}-{volume_id}')
    taken = lock.acquire(blocking=False)
    try:
        yield taken
    finally:
        if taken:
            lock.release()


@contextlib.contextmanager
def placing(prefix: str, service: str) -> Iterator[None]:
    """Keep others from choosing a share for the length of the block, which is short.

    Who chooses has that saved in the block: two volumes would be given the same room else.

    :param prefix: what the names of a driver's locks begin with
    :param service: who serves the backend, its cluster if it is in one
    """
    with coordination.COORDINATOR.get_lock(f'{prefix}-placing-{service}'):
        yield
