# SPDX-License-Identifier: Apache-2.0
"""Measured figures as a page of reST. Pure.

Main functions: :func:`read`, what ``nova-assist bench`` has written as JSON, and :func:`compose`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nova_assist.bench import rows, timeline
from nova_assist.bench.results import CONTROL, FLOOR, Curve, Operation, Results
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
        _section('Targets', _table(rows.OUTCOME_HEADS, map(rows.outcome, outcomes))),
        _section('Operations', _operations(results)),
    ]
    stops = timeline.of(results)
    if stops:
        told = ([each.name, *map(rows.ms, each.at.values())] for each in stops)
        table = _table(['milliseconds from the request', *stops[0].at], told)
        parts.append(_section('An online snapshot', f'{table}\n{_image("timeline")}'))
    for curve in results.curves:
        floor = f'\nFloor: {curve.floor}.\n' if FLOOR in curve.points else ''
        title = curve.title[:1].upper() + curve.title[1:]
        parts.append(_section(title, f'{_image(curve.name)}{floor}'))
    return '\n'.join(parts)


def _operations(results: Results) -> str:
    refused = [
        f'The {name} does not {operation}: {reason}'
        for operation, reasons in results.refused.items()
        for name, reason in reasons.items()
    ]
    said = ''.join(f'\n* {_plain(_lasting(each))}\n' for each in refused)
    table = _table(rows.OPERATION_HEADS, map(rows.operation, results.operations))
    return (
        f'Medians; times in milliseconds; of two figures the first is of this driver.\n'
        f'\n{table}{said}'
    )


def _section(title: str, text: str) -> str:
    return f'{title}\n{"=" * len(title)}\n\n{text}'


def _table(heads: Sequence[str], told: Iterable[Sequence[str]]) -> str:
    lines = ['.. list-table::', '   :header-rows: 1', '']
    for row in (heads, *told):
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
