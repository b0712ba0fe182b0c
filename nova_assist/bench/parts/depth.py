# SPDX-License-Identifier: Apache-2.0
"""A part of the bench: what depends on how many snapshots there are of a volume."""

from __future__ import annotations

from collections.abc import Mapping

from nova_assist.bench.results import Curve, Operation, Results
from nova_assist.bench.subject import Subject, Timed
from nova_assist.bench.turns import Turns, take_turns

#: How many there are when one is deleted or has just been taken.
DEPTHS = (1, 3, 10, 30, 100)

#: The one that is measured as an operation, too.
DEEP = 10

_WRITTEN = 1 << 20

_TITLES = {
    'create': 'take a snapshot',
    'delete': 'delete the newest snapshot',
    'delete-written': 'delete the newest snapshot, 1 MiB written since',
    'delete-oldest': 'delete the oldest snapshot',
}


def measure(turns: Turns, results: Results) -> None:
    """Measure snapshots taken and deleted offline, of chains of 1 to 100 snapshots."""
    curves: dict[str, dict[str, dict[float, list[float]]]] = {name: {} for name in _TITLES}
    with turns.volumes() as volumes:
        chains = _Chains(volumes)
        for depth in DEPTHS:
            turns.tell(f'chains of {depth} snapshots')
            chains.grow(turns.subjects, depth - 1)
            found = take_turns(turns.subjects, turns.rounds, chains.act)
            for operation, samples in found.items():
                for name, timed in samples.items():
                    points = curves[operation].setdefault(name, {})
                    points[depth] = [each.driver for each in timed]
            if depth == DEEP:
                results.operations += [
                    Operation(f'{name}-deep', f'offline, {DEEP} snapshots: {title}', found[name])
                    for name, title in _TITLES.items()
                ]
    results.curves += [
        Curve(f'depth-{name}', title, 'snapshots of the volume', 'seconds', curves[name])
        for name, title in _TITLES.items()
    ]


class _Chains:
    """A volume of each subject, and its snapshots from the oldest on."""

    def __init__(self, volumes: Mapping[str, str]) -> None:
        self._volumes = volumes
        self._snapshots: dict[str, list[str]] = {name: [] for name in volumes}

    def grow(self, subjects: Mapping[str, Subject], depth: int) -> None:
        """Take snapshots of all volumes until each has so many."""
        for name, subject in subjects.items():
            own = self._snapshots[name]
            while len(own) < depth:
                own.append(subject.create_snapshot(self._volumes[name])[0])

    def act(self, name: str, subject: Subject) -> Mapping[str, Timed]:
        """Take a snapshot and delete it, once more with a write between; delete the oldest."""
        volume, own = self._volumes[name], self._snapshots[name]
        newest, created = subject.create_snapshot(volume)
        deleted = subject.delete_snapshot(volume, newest)
        newest, _ = subject.create_snapshot(volume)
        subject.write(volume, _WRITTEN)
        written = subject.delete_snapshot(volume, newest)
        own.append(subject.create_snapshot(volume)[0])
        oldest = subject.delete_snapshot(volume, own.pop(0))
        return {
            'create': created,
            'delete': deleted,
            'delete-written': written,
            'delete-oldest': oldest,
        }
