# SPDX-License-Identifier: Apache-2.0
"""A part of the bench: how often a driver asks whether Nova has ended a long merge."""

from __future__ import annotations

import itertools

from nova_assist.bench.results import Curve, Results
from nova_assist.bench.turns import Turns

#: How old the merge is, in seconds, where another count begins; and how old it becomes.
AGES = (1, 3, 10, 20)
END = 30

NAME = 'questions'


def measure(turns: Turns, results: Results) -> None:
    """Measure the questions a second in a merge that Nova takes half a minute for.

    Once for each driver, whatever the number of rounds: it is a matter of their clocks.
    """
    points: dict[str, dict[float, list[float]]] = {}
    with turns.volumes(attached=True) as volumes:
        for name, driver in turns.drivers.items():
            turns.tell(f'a merge of {END} s, {name}')
            snapshot, _ = driver.create_snapshot(volumes[name])
            asked = driver.delete_slowly(volumes[name], snapshot, END)
            points[name] = {
                begin: [sum(begin <= age < end for age in asked) / (end - begin)]
                for begin, end in itertools.pairwise((*AGES, END))
            }
    results.curves.append(
        Curve(NAME, 'ask how far Nova is', 'seconds since it began', 'questions a second', points)
    )
