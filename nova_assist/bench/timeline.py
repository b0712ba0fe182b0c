# SPDX-License-Identifier: Apache-2.0
"""Where the time of an online snapshot goes; main function: :func:`of`. Pure."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Mapping

from nova_assist.bench.results import CONTROL, DRIVER, Results

#: The operation that is looked at.
OPERATION = 'create-online'

#: The moments of an operation through Nova. What is done to files is seen when it begins.
BEGINS = 'the driver begins'
LAST_STEP = 'its last step before Nova begins'
ASKED = 'Nova has the request'
CHANGED = 'QEMU has changed'
REPORTED = 'Nova calls back'
GOES_ON = 'the driver goes on'
ENDS = 'the driver ends'
SEEN = 'a client sees it'


@dataclasses.dataclass(frozen=True)
class Stop:
    """A moment that all drivers come to.

    :ivar at: seconds from the request, by driver
    """

    name: str
    at: Mapping[str, float]


def of(results: Results) -> list[Stop]:
    """Return the moments of an online snapshot, medians, in the order of the driver's."""
    found = results.operation(OPERATION)
    if found is None:
        return []
    moments = {
        name: [timed.moments for timed in found.samples[name]] for name in (DRIVER, CONTROL)
    }
    known = set.intersection(*(set(each) for own in moments.values() for each in own))
    stops = [
        Stop(
            name,
            {
                driver: statistics.median(each[name] for each in own)
                for driver, own in moments.items()
            },
        )
        for name in known
    ]
    return sorted(stops, key=lambda stop: stop.at[DRIVER])
