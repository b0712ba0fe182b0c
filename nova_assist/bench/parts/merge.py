# SPDX-License-Identifier: Apache-2.0
"""A part of the bench: overlays of many sizes merged offline."""

from __future__ import annotations

from collections.abc import Mapping

from nova_assist.bench.results import Curve, Results
from nova_assist.bench.subject import Subject
from nova_assist.bench.turns import Turns, take_turns

_MIB = 1 << 20

#: How many bytes a guest has written to the overlay.
SIZES = tuple(mib * _MIB for mib in (1, 16, 256, 1024, 4096))

#: The size whose time is of reading and writing, not of what is done besides.
LARGE = SIZES[-1]

#: Larger ones are merged so often at most: each takes seconds.
_PATIENT = 256 * _MIB
_FEW = 5

NAME = 'merge'


def measure(turns: Turns, results: Results) -> None:
    """Measure the deletion of a snapshot offline, with overlays of 1 MiB to 4 GiB."""
    points: dict[str, dict[float, list[float]]] = {}
    with turns.volumes(gib=LARGE >> 30) as volumes:
        for size in SIZES:
            turns.tell(f'overlays of {size // _MIB} MiB')

            def act(name: str, subject: Subject, size: int = size) -> Mapping[str, float]:
                snapshot, _ = subject.create_snapshot(volumes[name])
                subject.write(volumes[name], size)
                return {NAME: subject.delete_snapshot(volumes[name], snapshot).driver}

            rounds = turns.rounds if size <= _PATIENT else min(turns.rounds, _FEW)
            for name, seconds in take_turns(turns.subjects, rounds, act)[NAME].items():
                points.setdefault(name, {})[size] = seconds
    results.curves.append(
        Curve(NAME, 'delete a snapshot offline', 'bytes in its overlay', 'seconds', points)
    )
