# SPDX-License-Identifier: Apache-2.0
"""The lock of a volume, which all services of a backend have in common, if it is free.

Main function: :func:`try_lock`. Who waits for the lock is told by a decorator of Cinder's, see
:mod:`driver.remotefs`.
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
