# SPDX-License-Identifier: Apache-2.0
"""Does to volumes, one by one, what the start of a service has to, past those being worked on.

Main function: :func:`each`. What is done is left to those who call it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from oslo_log import log as logging

from driver import exceptions

LOG = logging.getLogger(__name__)

#: Takes the lock of a volume, by its id, for a block if nobody has it, and yields whether.
TryLock = Callable[[str], AbstractContextManager[bool]]


def each(volume_ids: Iterable[str], try_lock: TryLock, act: Callable[[str], None]) -> None:
    """Do something to each of some volumes that nobody is at work on, and log what goes wrong."""
    for volume_id in sorted(volume_ids):
        try:
            with try_lock(volume_id) as free:
                if free:
                    act(volume_id)
                else:
                    LOG.info('Volume %s is being worked on, and left alone.', volume_id)
        except exceptions.DriverError as error:
            LOG.error('Volume %s could not be settled: %s', volume_id, error)
        except Exception:  # one volume must not keep the others from being served
            LOG.exception('Volume %s could not be settled', volume_id)
