# SPDX-License-Identifier: Apache-2.0
"""What was found of a driver's class as text for a person; main function: :func:`render`.

First what it was compared with, so that nothing found can't be taken for nothing looked at.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from nova_assist.conformance.findings import Finding, Report, Severity
from nova_assist.reports.visible import visible

_LABEL = 10
_NARROWEST = 40
_COLOURS = {Severity.ERROR: '1;31', Severity.HINT: '36'}


def render(report: Report, width: int, colour: bool) -> str:
    """Return all that was found as lines of text.

    :param width: columns of the terminal; names are never broken
    :param colour: use ANSI colours
    """
    columns = max(width, _NARROWEST)
    findings = sorted(report.findings, key=lambda each: each.severity is not Severity.ERROR)
    blocks = [
        _head(report, columns),
        *(_block(finding, columns, colour) for finding in findings),
        [_summary(report)],
    ]
    return '\n\n'.join('\n'.join(block) for block in blocks) + '\n'


def _head(report: Report, columns: int) -> Iterator[str]:
    yield from _row('class', report.driver, columns)
    calls = _count(report.calls, 'call')
    cinder = f'{report.release} in {report.folder}, whose services have {calls} of a driver'
    yield from _row('Cinder', cinder, columns)
    for looked in report.looked:
        if looked.reason is not None:
            words = f'{_count(looked.points, "point")}, {looked.reason}'
            yield from _row('looked at', f'{looked.name}: {words}', columns)
    passed_over = ', '.join(looked.name for looked in report.looked if looked.reason is None)
    if passed_over:
        yield from _row('left out', f'{passed_over}: the class does not claim them', columns)


def _block(finding: Finding, columns: int, colour: bool) -> Iterator[str]:
    head = f'{finding.severity.value.upper():<{_LABEL}}'
    if colour:
        head = f'\x1b[{_COLOURS[finding.severity]}m{head}\x1b[0m'
    yield f'{head}{finding.kind.value}  {finding.interface}: {visible(finding.point)}'
    yield from _row('expected', finding.expected, columns, indent=2)
    yield from _row('found', finding.found, columns, indent=2)
    yield from _row('do', finding.advice, columns, indent=2)


def _row(label: str, words: str, columns: int, indent: int = 0) -> Iterator[str]:
    """Yield words beside a label."""
    start = f'{" " * indent}{label:<{_LABEL}}'
    yield from textwrap.wrap(
        visible(words),
        columns,
        initial_indent=start,
        subsequent_indent=' ' * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _summary(report: Report) -> str:
    points = sum(looked.points for looked in report.looked if looked.reason is not None)
    counts = ', '.join(_count(report.count(each), each.value) for each in Severity)
    return f'{_count(points, "point")} looked at: {counts}'


def _count(number: int, what: str) -> str:
    return f'{number} {what}' if number == 1 else f'{number} {what}s'
