# SPDX-License-Identifier: Apache-2.0
"""A part of the bench: snapshots taken and deleted, offline and online."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nova_assist.bench.results import Operation, Results
from nova_assist.bench.subject import Subject, Timed
from nova_assist.bench.turns import Turns, take_turns

_TITLES = {
    'create': 'take a snapshot',
    'delete-older': 'delete the older of two snapshots',
    'delete-newest': 'delete the only snapshot',
}


def measure(turns: Turns, results: Results) -> None:
    """Measure snapshots taken and deleted, offline and online."""
    for kind, attached in (('offline', False), ('online', True)):
        turns.tell(f'snapshots, {kind}')
        with turns.volumes(attached=attached) as volumes:
            found = take_turns(turns.subjects, turns.rounds, _on(volumes))
        results.operations += [
            Operation(f'{name}-{kind}', f'{kind}: {_TITLES[name]}', samples)
            for name, samples in found.items()
        ]


def _on(volumes: Mapping[str, str]) -> Callable[[str, Subject], Mapping[str, Timed]]:
    def act(name: str, subject: Subject) -> Mapping[str, Timed]:
        volume = volumes[name]
        older, created = subject.create_snapshot(volume)
        newest, _ = subject.create_snapshot(volume)
        return {
            'create': created,
            'delete-older': subject.delete_snapshot(volume, older),
            'delete-newest': subject.delete_snapshot(volume, newest),
        }

    return act
