# SPDX-License-Identifier: Apache-2.0
"""A part of the bench: many volumes snapshotted online at once."""

from __future__ import annotations

from collections.abc import Mapping

from nova_assist.bench.results import FLOOR, Curve, Results
from nova_assist.bench.subject import Driver
from nova_assist.bench.turns import Turns, take_turns

#: How many volumes at once.
COUNTS = (1, 2, 4, 8, 16, 32)

NAME, DELETED = 'at-once', 'at-once-delete'

LEAST = 'nova_assist.bench.least.LeastDriver'
_FLOOR = 'Cinder with a driver that only has Nova make the switch or merge'


def measure(turns: Turns, results: Results) -> None:
    """Measure the snapshots a second that 1 to 32 volumes come to, all taken at once, online.

    Bare calls of QEMU wait for nobody, so that they would have nothing to gain from each other:
    the floor is what Cinder and Nova take by themselves.
    """
    with turns.start(LEAST) as least:
        curves = _measure(turns, {**turns.drivers, FLOOR: least})
    results.curves += [
        Curve(name, title, 'volumes', 'a second', curves[name], _FLOOR)
        for name, title in (
            (NAME, 'take online snapshots at once'),
            (DELETED, 'delete them at once'),
        )
    ]


def _measure(
    turns: Turns, drivers: Mapping[str, Driver]
) -> dict[str, dict[str, dict[float, list[float]]]]:
    volumes: dict[str, list[str]] = {name: [] for name in drivers}
    curves: dict[str, dict[str, dict[float, list[float]]]] = {NAME: {}, DELETED: {}}

    def act(name: str, driver: Driver) -> Mapping[str, float]:
        count = len(volumes[name])
        taken = driver.snapshot_all(volumes[name])
        return {NAME: count / taken, DELETED: count / driver.delete_all(volumes[name])}

    for count in COUNTS:
        turns.tell(f'{count} snapshots at once')
        for name, driver in drivers.items():
            while len(volumes[name]) < count:
                volumes[name].append(driver.volume())
                driver.attach(volumes[name][-1])
        found = take_turns(drivers, turns.rounds, act)
        for operation, samples in found.items():
            for name, speeds in samples.items():
                curves[operation].setdefault(name, {})[count] = speeds
    for name, driver in drivers.items():
        for volume in volumes[name]:
            driver.remove(volume)
    return curves
