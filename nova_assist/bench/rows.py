# SPDX-License-Identifier: Apache-2.0
"""What was measured as rows of a table, for whoever draws one. Pure.

Main functions: :func:`operation` and :func:`outcome`, each with the heads of its columns.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable

from nova_assist.bench import samples
from nova_assist.bench.results import CONTROL, DRIVER, FLOOR, Operation
from nova_assist.bench.subject import Timed
from nova_assist.bench.targets import Outcome

#: Of two figures in a cell the first is the driver's, the second the control's.
OPERATION_HEADS = (
    'operation',
    'end to end ms',
    'control',
    'floor',
    'in driver ms',
    'control',
    'ratio (spread)',
    'processes',
    'KiB written',
    'syncing ms',
)

OUTCOME_HEADS = ('target', 'limit', 'found', 'spread', 'floor', '')

_DRIVERS = (DRIVER, CONTROL)


def operation(measured: Operation) -> list[str]:
    """Return the row of an operation, all medians."""

    def medians(of: Callable[[Timed], float]) -> list[str]:
        found = map(measured.by_driver, _DRIVERS)
        return [f'{statistics.median(map(of, own)):.0f}' if own else '-' for own in found]

    whole = [
        ms(statistics.median(measured.whole(name))) if name in measured.samples else '-'
        for name in (*_DRIVERS, FLOOR)
    ]
    compared = ''
    if all(map(measured.by_driver, _DRIVERS)):
        ratio = samples.ratio(measured.inside(DRIVER), measured.inside(CONTROL))
        compared = f'{ratio.value:.2f} ({ratio.low:.2f} to {ratio.high:.2f})'
    return [
        measured.title,
        *whole,
        *medians(lambda timed: 1000 * timed.driver),
        compared,
        ' / '.join(medians(lambda timed: timed.processes)),
        ' / '.join(medians(lambda timed: timed.written / 1024)),
        ' / '.join(medians(lambda timed: 1000 * timed.syncing)),
    ]


def outcome(found: Outcome) -> list[str]:
    """Return the row of a target, the verdict last."""
    target, figure, floor = found.target, found.figure, found.floor
    return [
        target.what,
        f'{"≥" if target.least else "≤"} {target.limit:.2f} {target.unit}'.strip(),
        f'{figure.value:.2f}' if figure else '',
        f'{figure.low:.2f} to {figure.high:.2f}' if figure else '',
        f'{floor.value:.2f}' if floor else '',
        found.verdict.value,
    ]


def ms(seconds: float) -> str:
    """Return milliseconds."""
    return f'{seconds * 1000:.0f}'
