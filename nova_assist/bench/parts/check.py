# SPDX-License-Identifier: Apache-2.0
"""A part of the bench: ``nova-assist check`` on shares with many volumes."""

from __future__ import annotations

import tempfile
from pathlib import Path

from nova_assist.bench import chains, commands
from nova_assist.bench.results import DRIVER, Curve, Results
from nova_assist.bench.turns import Turns

#: How many volumes there are, each with so many snapshots.
COUNTS = (10, 100, 1000)
DEPTH = 10

NAME, MEMORY = 'check', 'check-memory'


def measure(turns: Turns, results: Results) -> None:
    """Measure nova-assist check on 10 to 1,000 volumes with 10 snapshots each."""
    seconds: dict[float, list[float]] = {}
    memory: dict[float, list[float]] = {}
    for count in COUNTS:
        turns.tell(f'nova-assist check on {count} volumes')
        with tempfile.TemporaryDirectory(prefix='nova-assist-', dir=turns.folder) as share:
            chains.make(Path(share), count, DEPTH)
            for number in range(turns.rounds + 1):
                ran = commands.ourselves('check', share)
                if number:
                    seconds.setdefault(count, []).append(ran.seconds)
                    memory.setdefault(count, []).append(ran.memory)
    across = f'volumes with {DEPTH} snapshots each'
    results.curves += [
        Curve(NAME, 'nova-assist check', across, 'seconds', {DRIVER: seconds}),
        Curve(MEMORY, 'nova-assist check', across, 'bytes of memory', {DRIVER: memory}),
    ]
