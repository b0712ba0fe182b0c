# SPDX-License-Identifier: Apache-2.0
"""A part of the bench: many volumes snapshotted online at once."""

from __future__ import annotations

from collections.abc import Mapping

from nova_assist.bench.results import Curve, Results
from nova_assist.bench.subject import Driver
from nova_assist.bench.turns import Turns, take_turns

#: How many volumes at once.
COUNTS = (1, 2, 4, 8, 16, 32)

NAME, DELETED = 'at-once', 'at-once-delete'


def measure(turns: Turns, results: Results) -> None:
    """Measure the snapshots a second that 1 to 32 volumes come to, all taken at once, online.

    Bare calls wait for nobody, so that they would have nothing to gain from each other.
    """
    volumes: dict[str, list[str]] = {name: [] for name in turns.drivers}
    curves: dict[str, dict[str, dict[float, list[float]]]] = {NAME: {}, DELETED: {}}

    def act(name: str, driver: Driver) -> Mapping[str, float]:
        count = len(volumes[name])
        taken = driver.snapshot_all(volumes[name])
        return {NAME: count / taken, DELETED: count / driver.delete_all(volumes[name])}

    for count in COUNTS:
        turns.tell(f'{count} snapshots at once')
        for name, driver in turns.drivers.items():
            while len(volumes[name]) < count:
                volumes[name].append(driver.volume())
                driver.attach(volumes[name][-1])
        found = take_turns(turns.drivers, turns.rounds, act)
        for operation, samples in found.items():
            for name, speeds in samples.items():
                curves[operation].setdefault(name, {})[count] = speeds
    for name, driver in turns.drivers.items():
        for volume in volumes[name]:
            driver.remove(volume)
    results.curves += [
        Curve(NAME, 'take online snapshots at once', 'volumes', 'a second', curves[NAME]),
        Curve(DELETED, 'delete them at once', 'volumes', 'a second', curves[DELETED]),
    ]
