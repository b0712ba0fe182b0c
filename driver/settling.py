# SPDX-License-Identifier: Apache-2.0
"""Does to volumes, one by one, what the start of a service has to, past those being worked on.

Main function: :func:`each`; main class: :class:`Look`, which leaves out what others are to settle,
and tells what could not be settled yet. What is done is left to those who call it.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager

import tooz
from oslo_log import log as logging

from driver import exceptions

LOG = logging.getLogger(__name__)

#: Takes the lock of a volume, by its id, for a block if nobody has it, and yields whether.
TryLock = Callable[[str], AbstractContextManager[bool]]

#: Tells of a volume, by its id, whether its row's status is for this service to end.
Ours = Callable[[str], bool]

# What may go away by itself: somebody has a file open, or the lock service is out of reach.
_PASSING = (exceptions.FileInUse, tooz.ToozError)


class Busy(Exception):
    """Somebody is at work on a volume though its lock was free.

    It is a service that has lost it, or one that deletes a snapshot and has yet to come to it.
    """


@dataclasses.dataclass(frozen=True)
class Look:
    """One look at what services have left.

    :ivar ours: tells of a volume whether its row's status is for this service to end
    :ivar passed_over: gets the ids of volumes that are, but could not be settled yet: a dead
        service's locks last as long as their lease, and a file that it had open may, too
    """

    ours: Ours
    try_lock: TryLock
    passed_over: set[str] = dataclasses.field(default_factory=set)

    @contextlib.contextmanager
    def free(self, volume_id: str) -> Iterator[bool]:
        """Take the lock of a volume for the block if nobody has it, and yield whether."""
        ours = self.ours(volume_id)
        try:
            with self.try_lock(volume_id) as free:
                if ours and not free:
                    self.passed_over.add(volume_id)
                yield free
        except (Busy, *_PASSING):
            if ours:
                self.passed_over.add(volume_id)
            raise

    @contextlib.contextmanager
    def own(self, volume_id: str) -> Iterator[bool]:
        """Do the same with a volume that is for this service to settle."""
        with self.free(volume_id) as free:
            yield free and self.ours(volume_id)


def each(
    volume_ids: Iterable[str], try_lock: TryLock, act: Callable[[str], None]
) -> frozenset[str]:
    """Do something to each of some volumes that nobody is at work on, and log what goes wrong.

    :param act: may raise :class:`Busy`
    :return: the others, which were left alone, and those that may be settled later
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
            LOG.warning('Volume %s is left alone: %s', volume_id, error)
        except _PASSING as error:
            busy.add(volume_id)
            LOG.error('Volume %s could not be settled yet: %s', volume_id, error)
        except exceptions.DriverError as error:
            LOG.error('Volume %s could not be settled: %s', volume_id, error)
        except Exception:  # one volume must not keep the others from being served
            LOG.exception('Volume %s could not be settled', volume_id)
    return frozenset(busy)
