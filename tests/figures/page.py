# SPDX-License-Identifier: Apache-2.0
"""Measured figures as a page of reST. Pure.

Main functions: :func:`read`, what ``nova-assist bench`` has written as JSON, and :func:`compose`.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from nova_assist.bench import samples, timeline
from nova_assist.bench.results import CONTROL, DRIVER, FLOOR, Curve, Operation, Results
from nova_assist.bench.subject import Timed
from nova_assist.bench.targets import Outcome

_HEAD = """\
================
Measured figures
================

.. This page is written by "python -m tests.figures bench.json": edit that.

::

    tox -e bench                                              # repeats it
    python -m tests.figures nova-assist-bench/bench.json      # writes this page of it

Measured on {started}: {rounds} rounds, {volumes} volumes, Cinder {cinder}, QEMU {qemu}, Python
{python}, {processors} processors, {memory}, nothing else at work. What is measured and how, and
why some targets are missed, :doc:`../contributor/bench` tells. The control is ``{control}``.
"""

_UUID = re.compile(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
_PLACE = re.compile(r'; see /.*')


def read(content: Mapping[str, Any]) -> Results:
    """Return what was measured, of a ``bench.json``."""
    return Results(
        drivers=content['drivers'],
        image_format=content['volumes'],
        rounds=content['rounds'],
        versions=content['versions'],
        machine=content['machine'],
        started=content['started'],
        seconds=content['seconds'],
        operations=[_operation(each) for each in content['operations']],
        curves=[_curve(each) for each in content['curves']],
        run_seconds=content['run_seconds'],
        refused=content['refused'],
    )


def _operation(content: Mapping[str, Any]) -> Operation:
    measured = {
        subject: [Timed(**timed) for timed in own] for subject, own in content['samples'].items()
    }
    return Operation(content['name'], content['title'], measured)


def _curve(content: Mapping[str, Any]) -> Curve:
    points = {
        subject: {float(x): ys for x, ys in own.items()}
        for subject, own in content['points'].items()
    }
    told = {key: content[key] for key in ('name', 'title', 'across', 'up', 'floor')}
    return Curve(points=points, **told)


def compose(results: Results, outcomes: Sequence[Outcome]) -> str:
    """Return the page; the pictures are beside it, in ``figures``, by their names."""
    head = _HEAD.format(
        started=results.started[:10],
        rounds=results.rounds,
        volumes=results.image_format,
        cinder=results.versions['cinder'],
        qemu=results.versions['qemu-img'].partition(' ')[0],
        python=results.versions['python'],
        control=results.drivers[CONTROL],
        **results.machine,
    )
    parts = [
        head,
        _section('Targets', _targets(outcomes)),
        _section('Operations', _operations(results)),
    ]
    stops = timeline.of(results)
    if stops:
        rows = [[each.name, *(_ms(at) for at in each.at.values())] for each in stops]
        table = _table(['Milliseconds from the request', *stops[0].at], rows)
        parts.append(_section('An online snapshot', f'{table}\n{_image("timeline")}'))
    for curve in results.curves:
        floor = f'\nFloor: {curve.floor}.\n' if FLOOR in curve.points else ''
        parts.append(_section(curve.title.capitalize(), f'{_image(curve.name)}{floor}'))
    return '\n'.join(parts)


def _targets(outcomes: Iterable[Outcome]) -> str:
    rows = []
    for outcome in outcomes:
        target, figure, floor = outcome.target, outcome.figure, outcome.floor
        rows.append(
            [
                target.what,
                f'{"≥" if target.least else "≤"} {target.limit:.2f} {target.unit}'.strip(),
                f'{figure.value:.2f}' if figure else '',
                f'{figure.low:.2f} to {figure.high:.2f}' if figure else '',
                f'{floor.value:.2f}' if floor else '',
                outcome.verdict.value,
            ]
        )
    return _table(['Target', 'Limit', 'Found', 'Spread', 'Floor', ''], rows)


def _operations(results: Results) -> str:
    heads = ['Operation', 'End to end', 'Control', 'Floor', 'In the driver', 'Control']
    heads += ['Ratio in the driver', 'Processes', 'KiB written', 'In fsync']
    refused = [
        f'The {name} does not {operation}: {reason}'
        for operation, reasons in results.refused.items()
        for name, reason in reasons.items()
    ]
    said = ''.join(f'\n* {_plain(_lasting(each))}\n' for each in refused)
    table = _table(heads, [_row(each) for each in results.operations])
    return (
        f'Medians; times in milliseconds; of two figures the first is of this driver.\n'
        f'\n{table}{said}'
    )


def _row(operation: Operation) -> list[str]:
    drivers = (DRIVER, CONTROL)

    def medians(of: Callable[[Timed], float]) -> list[str]:
        found = map(operation.by_driver, drivers)
        return [f'{statistics.median(map(of, own)):.0f}' if own else '' for own in found]

    ratio = ''
    if all(map(operation.by_driver, drivers)):
        figure = samples.ratio(operation.inside(DRIVER), operation.inside(CONTROL))
        ratio = f'{figure.value:.2f} ({figure.low:.2f} to {figure.high:.2f})'
    return [
        operation.title,
        *(
            _ms(statistics.median(operation.whole(name))) if name in operation.samples else ''
            for name in (*drivers, FLOOR)
        ),
        *medians(lambda timed: 1000 * timed.driver),
        ratio,
        ' / '.join(medians(lambda timed: timed.processes)),
        ' / '.join(medians(lambda timed: timed.written / 1024)),
        ' / '.join(medians(lambda timed: 1000 * timed.syncing)),
    ]


def _section(title: str, text: str) -> str:
    return f'{title}\n{"=" * len(title)}\n\n{text}'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ['.. list-table::', '   :header-rows: 1', '']
    for row in (heads, *rows):
        for number, cell in enumerate(row):
            lines.append(f'   {"*" if number == 0 else " "} - {_plain(cell)}'.rstrip())
    return '\n'.join([*lines, ''])


def _image(name: str) -> str:
    return f'.. image:: figures/{name}.svg\n   :width: 100%\n   :alt: {name}\n'


def _lasting(text: str) -> str:
    """Return a reason without what is of one run only."""
    return _UUID.sub('…', _PLACE.sub('', text))


def _plain(text: str) -> str:
    """Return text in which nothing is markup."""
    return text.replace('\\', '\\\\').replace('*', '\\*').replace('`', '\\`').replace('_', '\\_')


def _ms(seconds: float) -> str:
    return f'{1000 * seconds:.0f}'
