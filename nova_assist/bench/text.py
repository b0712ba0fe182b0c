# SPDX-License-Identifier: Apache-2.0
"""What was measured as text for a person; main function: :func:`render`."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nova_assist.bench import rows, timeline
from nova_assist.bench.results import BARE, FLOOR, Curve, Results
from nova_assist.bench.targets import Outcome, Verdict
from nova_assist.reports.drawn import drawn

_UNITS = ('ms', 'KiB')

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
        _print_table(console, rows.OPERATION_HEADS, map(rows.operation, results.operations))
    for operation, reasons in results.refused.items():
        for name, reason in reasons.items():
            console.print(f'{name} does not {operation}: {reason}')
    moments = timeline.of(results)
    if moments:
        heads = ('an online snapshot, after', *(f'{name} ms' for name in moments[0].at))
        told = ([each.name, *map(rows.ms, each.at.values())] for each in moments)
        _print_table(console, heads, told)
    for curve in results.curves:
        _print_curve(console, curve)
    _print_table(console, rows.OUTCOME_HEADS, map(_outcome, outcomes))
    console.print()
    console.print(
        f'{results.seconds:.0f} s; medians of {results.rounds} rounds (of what takes seconds '
        'fewer); spreads of nine in ten resamplings'
    )


def _print_curve(console: Console, curve: Curve) -> None:
    names = list(curve.points)
    points = [
        [f'{x:g}', *(_figure(curve.points[name].get(x, ())) for name in names)]
        for x in sorted({x for points in curve.points.values() for x in points})
    ]
    found = curve.slopes()
    slopes = [f'{found[name]:.2f}' if name in found else '' for name in names]
    heads = (f'{curve.title}: {curve.across}', *names)
    _print_table(console, heads, [*points, ['slope on logarithmic scales', *slopes]])
    console.print(f'in {curve.up}; floor: {curve.floor}' if FLOOR in names else f'in {curve.up}')


def _figure(values: Sequence[float]) -> str:
    return f'{statistics.median(values):.3g}' if values else ''


def _outcome(outcome: Outcome) -> list[str | Text]:
    *told, verdict = rows.outcome(outcome)
    return [*told, Text(verdict, style=STYLES[outcome.verdict])]


def _print_table(
    console: Console, heads: Sequence[str], told: Iterable[Sequence[str | Text]]
) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style='bold')
    for number, head in enumerate(heads):
        table.add_column(_shouted(head), justify='right' if number else 'left', overflow='fold')
    for row in told:
        table.add_row(*row)
    console.print()
    console.print(table)


def _shouted(head: str) -> str:
    return ' '.join(word if word in _UNITS else word.upper() for word in head.split(' '))
