# SPDX-License-Identifier: Apache-2.0
"""A part of the bench: ``nova-assist run``, all default scenarios."""

from __future__ import annotations

import tempfile

from nova_assist.bench import commands
from nova_assist.bench.results import DRIVER, Results
from nova_assist.bench.turns import Turns

#: A minute each: they are few.
_ROUNDS = 2


def measure(turns: Turns, results: Results) -> None:
    """Measure nova-assist run with all default scenarios, start and end included."""
    rounds = min(turns.rounds, _ROUNDS)
    with tempfile.TemporaryDirectory(prefix='nova-assist-') as report:
        words = ('run', '--driver', results.drivers[DRIVER], '--report', report)
        for number in range(rounds):
            turns.tell(f'nova-assist run, {number + 1} of {rounds}')
            # Scenarios that fail take their time, too.
            results.run_seconds.append(commands.ourselves(*words, accepted=(0, 1)).seconds)
