# SPDX-License-Identifier: Apache-2.0
"""Does to volumes, one by one, what the start of a service has to, past those being worked on.

Main functions: :func:`each`, and :func:`only`, which leaves out what others are to settle. What is
done is left to those who call it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager

from oslo_log import log as logging

from driver import exceptions

LOG = logging.getLogger(__name__)

#: Takes the lock of a volume, by its id, for a block if nobody has it, and yields whether.
TryLock = Callable[[str], AbstractContextManager[bool]]

#: Tells of a volume, by its id, whether its row's status is for this service to end.
Ours = Callable[[str], bool]


class Busy(Exception):
    """Somebody is at work on a volume whose lock was free: a service that has lost it."""


def only(ours: Ours, try_lock: TryLock) -> TryLock:
    """Return what takes the lock of a volume if nobody has it, and it is for us to settle."""

    @contextlib.contextmanager
    def take(volume_id: str) -> Iterator[bool]:
        with try_lock(volume_id) as free:
            yield free and ours(volume_id)

    return take


def each(
    volume_ids: Iterable[str], try_lock: TryLock, act: Callable[[str], None]
) -> frozenset[str]:
    """Do something to each of some volumes that nobody is at work on, and log what goes wrong.

    :param act: may raise :class:`Busy`
    :return: the others, which were left alone
    """
    busy = set()
    for volume_id in sorted(volume_ids):
        try:
            with try_lock(volume_id) as free:
                if free:
                    act(volume_id)
                else:
                    busy.add(volume_id)
                    LOG.info('Volume %s is being worked on, and left alone.', volume_id)
        except Busy as error:
            busy.add(volume_id)
            LOG.error('Volume %s is left alone: %s', volume_id, error)
        except exceptions.DriverError as error:
            LOG.error('Volume %s could not be settled: %s', volume_id, error)
        except Exception:  # one volume must not keep the others from being served
            LOG.exception('Volume %s could not be settled', volume_id)
    return frozenset(busy)
