# SPDX-License-Identifier: Apache-2.0
"""The wait for Nova: the only loop, with a deadline on the monotonic clock.

Main function: :func:`await_answer`. Nova answers a request at once and reports later by changing
the snapshot's status and progress in Cinder; ``90%`` is its word that it is done. Whether that is
true is left to the caller.
"""

from __future__ import annotations

import dataclasses
import enum
import time
from collections.abc import Callable
from typing import TypeVar

_Look = TypeVar('_Look')

_CLAIMED_PROGRESS = '90%'

# Look often at first, where a second is most of the whole; at most once a second in a long merge.
_SHORTEST = 0.02
_LONGEST = 1.0
_SHARE_OF_AGE = 1 / 20


@dataclasses.dataclass(frozen=True)
class Status:
    """What Cinder's database says of a snapshot under way.

    :ivar attached: whether its volume is still attached; if not, Nova may never report
    """

    status: str
    progress: str
    attached: bool = True


class Answer(enum.Enum):
    """How a wait for Nova ended."""

    CLAIMED = 'Nova reports that it is done'
    FAILED = 'Nova reports an error'
    SILENT = 'Nova has not reported in time'
    DETACHED = 'the volume was detached from its guest before Nova had reported'
    DISTURBED = 'the status of the snapshot was changed by somebody else'


def await_answer(look: Callable[[], Status], under_way: str, timeout: float) -> Answer:
    """Wait until Nova has reported on a snapshot.

    :param look: reads the snapshot's status
    :param under_way: the status while Nova works, ``creating`` or ``deleting``
    :param timeout: seconds
    """
    last = poll(look, lambda status: _answer(status, under_way) is not None, timeout)
    return _answer(last, under_way) or Answer.SILENT


def poll(look: Callable[[], _Look], settled: Callable[[_Look], bool], timeout: float) -> _Look:
    """Look again and again until what is seen has settled or time is up.

    :param timeout: seconds
    :return: what was seen last
    """
    start = time.monotonic()
    while True:
        seen = look()
        age = time.monotonic() - start
        if settled(seen) or age >= timeout:
            return seen
        interval = min(max(age * _SHARE_OF_AGE, _SHORTEST), _LONGEST)
        time.sleep(min(interval, timeout - age))


def _answer(status: Status, under_way: str) -> Answer | None:
    if status.status != under_way:
        return Answer.FAILED if status.status.startswith('error') else Answer.DISTURBED
    if status.progress == _CLAIMED_PROGRESS:
        return Answer.CLAIMED
    return None if status.attached else Answer.DETACHED
