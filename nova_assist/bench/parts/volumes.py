# SPDX-License-Identifier: Apache-2.0
"""A part of the bench: capacities told with many volumes on the share."""

from __future__ import annotations

from collections.abc import Mapping

from nova_assist.bench.results import CONTROL, FLOOR, Curve, Results
from nova_assist.bench.subject import Driver
from nova_assist.bench.turns import Turns, take_turns

#: How many volumes there are at least.
COUNTS = (10, 100, 1000, 10_000)

NAME = 'capacity'

_FLOOR = 'one query of the database and one look at the file system'


def measure(turns: Turns, results: Results) -> None:
    """Measure how long a driver takes to tell its capacities, with 10 to 10,000 volumes."""
    points: dict[str, dict[float, list[float]]] = {}
    # In the control's cloud, so that the driver finds nothing in the processor's memory of it.
    bare = turns.drivers[CONTROL]
    for count in COUNTS:
        turns.tell(f'capacities with {count} volumes')
        for driver in turns.drivers.values():
            driver.fill(count)
        found = take_turns({**turns.drivers, FLOOR: bare}, turns.rounds, _seconds)
        for name, seconds in found[NAME].items():
            points.setdefault(name, {})[count] = seconds
    results.curves.append(
        Curve(NAME, 'tell capacities', 'volumes on the share', 'seconds', points, _FLOOR)
    )


def _seconds(name: str, driver: Driver) -> Mapping[str, float]:
    return {NAME: driver.bare_sums() if name == FLOOR else driver.capacity()}
