# SPDX-License-Identifier: Apache-2.0
"""What was measured as text for a person; main function: :func:`render`."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nova_assist.bench import samples, timeline
from nova_assist.bench.results import BARE, CONTROL, DRIVER, FLOOR, Curve, Operation, Results
from nova_assist.bench.subject import Timed
from nova_assist.bench.targets import Outcome, Verdict
from nova_assist.reports.drawn import drawn

STYLES = {
    Verdict.MET: 'green',
    Verdict.UNCLEAR: 'yellow',
    Verdict.FORBIDDEN: 'yellow',
    Verdict.MISSED: 'bold red',
    Verdict.UNKNOWN: 'dim',
}


def render(results: Results, outcomes: Sequence[Outcome], *, width: int, colour: bool) -> str:
    """Return what was measured, and which targets were reached, as lines of text.

    :param width: columns of the terminal
    :param colour: use ANSI colours
    """
    return drawn(
        lambda console: _print_all(console, results, outcomes), width=width, colour=colour
    )


def _print_all(console: Console, results: Results, outcomes: Sequence[Outcome]) -> None:
    for name, driver in results.drivers.items():
        console.print(f'{name:<8} {driver}')
    console.print(f'{FLOOR:<8} {BARE}')
    if results.operations:
        _print_table(console, _OPERATIONS, map(_operation, results.operations))
    for operation, reasons in results.refused.items():
        for name, reason in reasons.items():
            console.print(f'{name} does not {operation}: {reason}')
    moments = timeline.of(results)
    if moments:
        heads = ('AN ONLINE SNAPSHOT, AFTER', *(f'{name.upper()} ms' for name in moments[0].at))
        rows = ([each.name, *map(_ms, each.at.values())] for each in moments)
        _print_table(console, heads, rows)
    for curve in results.curves:
        _print_curve(console, curve)
    _print_table(console, _TARGETS, map(_outcome, outcomes))
    console.print()
    console.print(
        f'{results.seconds:.0f} s; medians of {results.rounds} rounds (of what takes seconds '
        'fewer); spreads of nine in ten resamplings'
    )


_OPERATIONS = (
    'OPERATION',
    'END TO END ms',
    'CONTROL',
    'FLOOR',
    'IN DRIVER ms',
    'CONTROL',
    'RATIO (SPREAD)',
    'PROCESSES',
    'KiB WRITTEN',
    'SYNCING ms',
)


def _operation(operation: Operation) -> list[str]:
    def medians(of: Callable[[Timed], float]) -> list[str]:
        found = map(operation.by_driver, drivers)
        return [f'{statistics.median(map(of, own)):.0f}' if own else '-' for own in found]

    drivers = (DRIVER, CONTROL)
    whole = [
        _ms(statistics.median(operation.whole(name))) if name in operation.samples else '-'
        for name in (*drivers, FLOOR)
    ]
    compared = ''
    if all(map(operation.by_driver, drivers)):
        ratio = samples.ratio(operation.inside(DRIVER), operation.inside(CONTROL))
        compared = f'{ratio.value:.2f} ({ratio.low:.2f} to {ratio.high:.2f})'
    return [
        operation.title,
        *whole,
        *medians(lambda timed: 1000 * timed.driver),
        compared,
        ' / '.join(medians(lambda timed: timed.processes)),
        ' / '.join(medians(lambda timed: timed.written / 1024)),
        ' / '.join(medians(lambda timed: 1000 * timed.syncing)),
    ]


def _print_curve(console: Console, curve: Curve) -> None:
    names = list(curve.points)
    rows = [
        [f'{x:g}', *(_figure(curve.points[name].get(x, ())) for name in names)]
        for x in sorted({x for points in curve.points.values() for x in points})
    ]
    slopes = [f'{slope:.2f}' for slope in curve.slopes().values()]
    heads = (f'{curve.title.upper()}: {curve.across}', *(name.upper() for name in names))
    _print_table(console, heads, [*rows, ['slope on logarithmic scales', *slopes]])
    console.print(f'in {curve.up}; floor: {curve.floor}' if FLOOR in names else f'in {curve.up}')


def _figure(values: Sequence[float]) -> str:
    return f'{statistics.median(values):.3g}' if values else ''


_TARGETS = ('TARGET', 'LIMIT', 'FOUND', 'SPREAD', 'FLOOR', '')


def _outcome(outcome: Outcome) -> list[str | Text]:
    target, figure = outcome.target, outcome.figure
    limit = f'{"≥" if target.least else "≤"} {target.limit:.2f} {target.unit}'
    found = f'{figure.value:.2f}' if figure else ''
    spread = f'{figure.low:.2f} to {figure.high:.2f}' if figure else ''
    floor = f'{outcome.floor.value:.2f}' if outcome.floor else ''
    verdict = Text(outcome.verdict.value, style=STYLES[outcome.verdict])
    return [target.what, limit, found, spread, floor, verdict]


def _print_table(
    console: Console, heads: Sequence[str], rows: Iterable[Sequence[str | Text]]
) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style='bold')
    for number, head in enumerate(heads):
        table.add_column(head, justify='right' if number else 'left', overflow='fold')
    for row in rows:
        table.add_row(*row)
    console.print()
    console.print(table)


def _ms(seconds: float) -> str:
    return f'{seconds * 1000:.0f}'
