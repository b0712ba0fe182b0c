# SPDX-License-Identifier: Apache-2.0
"""Locks that all services of a backend have in common: a volume's, if free, and for placing.

Main functions: :func:`try_lock`, :func:`try_deletion` and :func:`placing`. Who waits for the lock
of a volume is told by a decorator of Cinder's, see :mod:`driver.remotefs`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager

from cinder import coordination
from oslo_log import log as logging
from tooz.coordination import Characteristics

LOG = logging.getLogger(__name__)


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
    lock = coordination.COORDINATOR.get_lock(name)
    taken = lock.acquire(blocking=False)
    try:
        yield taken
    finally:
        if taken:
            lock.release()


def warn_if_local() -> None:
    """Log that the locks may not reach the other hosts of a cluster, where they may not."""
    reach = coordination.COORDINATOR.coordinator.CHARACTERISTICS
    if Characteristics.DISTRIBUTED_ACROSS_HOSTS not in reach:
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
    with coordination.COORDINATOR.get_lock(f'{prefix}-placing-{service}'):
        yield
