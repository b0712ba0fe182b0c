# SPDX-License-Identifier: Apache-2.0
"""What was found on a share as text for a person: a block a finding, then a line that counts.

Main function: :func:`render`. Written without libraries: an operator's host has none of the
harness's.
"""

from __future__ import annotations

import collections
import textwrap
from collections.abc import Iterator, Sequence

from driver.check.audit import Report
from driver.check.findings import Finding, Kind, Severity
from driver.check.repair import Outcome
from nova_assist.reports.visible import visible

_LABEL = 9
_NARROWEST = 40

#: How many hints of a kind are told one by one.
_HINTS = 3

_COLOURS = {Severity.ERROR: '1;31', Severity.WARNING: '33', Severity.HINT: '36'}
_DONE = '32'
_NOT_DONE = '1;31'


def render(
    place: str, report: Report, outcomes: Sequence[Outcome], width: int, colour: bool
) -> str:
    """Return all that was found as lines of text.

    :param place: what was looked at
    :param outcomes: of a repair; what was found is what it has left
    :param width: columns of the terminal; file names are never broken
    :param colour: use ANSI colours
    """
    lines = _Lines(max(width, _NARROWEST), colour)
    blocks = [
        list(lines.row('share', place)) + list(lines.row('expected', _expected(report))),
        *([*lines.outcome(outcome)] for outcome in outcomes),
        *([*lines.finding(finding)] for finding in _told(report.findings)),
        *([*lines.more(kind, count)] for kind, count in _untold(report.findings)),
        [_summary(report)],
    ]
    return '\n\n'.join('\n'.join(block) for block in blocks) + '\n'


class _Lines:
    """Makes lines of a width."""

    def __init__(self, width: int, colour: bool) -> None:
        self._width = width
        self._colour = colour

    def row(self, label: str, words: str, indent: int = 0) -> Iterator[str]:
        """Yield words beside a label; paths stay whole."""
        start = f'{" " * indent}{label:<{_LABEL}}'
        yield from textwrap.wrap(
            visible(words),
            self._width,
            initial_indent=start,
            subsequent_indent=' ' * len(start),
            break_long_words=False,
            break_on_hyphens=False,
        ) or [start]

    def finding(self, finding: Finding) -> Iterator[str]:
        """Yield the block of a finding."""
        head = self._painted(f'{finding.severity.value.upper():<{_LABEL}}', finding.severity)
        yield f'{head}{visible(finding.volume)}  {finding.kind.value}'
        yield from self.row('found', finding.meaning, 2)
        yield from self.row('repair', finding.repair, 2)
        for name in finding.files:
            yield from self.row('file', name, 2)

    def more(self, kind: Kind, count: int) -> Iterator[str]:
        """Yield the block of hints that are not told one by one."""
        head = self._painted(f'{"HINT":<{_LABEL}}', Severity.HINT)
        yield f'{head}{count} more of {kind.value}: "-f json" has them all'

    def outcome(self, outcome: Outcome) -> Iterator[str]:
        """Yield the block of what a repair did."""
        word, code = ('MENDED', _DONE) if outcome.done else ('NOT DONE', _NOT_DONE)
        kind = outcome.kind.value if outcome.kind else 'volume left alone'
        yield f'{self._paint(f"{word:<{_LABEL}}", code)}{visible(outcome.volume)}  {kind}'
        yield from self.row('done' if outcome.done else 'because', outcome.what, 2)
        if outcome.kept is not None:
            yield from self.row('kept', outcome.kept, 2)

    def _painted(self, text: str, severity: Severity) -> str:
        return self._paint(text, _COLOURS[severity])

    def _paint(self, text: str, code: str) -> str:
        return f'\x1b[{code}m{text}\x1b[0m' if self._colour else text


def _expected(report: Report) -> str:
    return f'{report.expected}, inferred from most of the files unless given'


def _told(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield the findings that are told one by one, the worst first."""
    for severity in Severity:
        hints: collections.Counter[Kind] = collections.Counter()
        for finding in findings:
            if finding.severity is severity:
                hints[finding.kind] += 1
                if finding.counts or hints[finding.kind] <= _HINTS:
                    yield finding


def _untold(findings: Sequence[Finding]) -> Iterator[tuple[Kind, int]]:
    hints = collections.Counter(finding.kind for finding in findings if not finding.counts)
    for kind, count in hints.items():
        if count > _HINTS:
            yield kind, count - _HINTS


def _summary(report: Report) -> str:
    counts = collections.Counter(finding.severity for finding in report.findings)
    words = [
        _count(report.volumes, 'volume'),
        _count(report.files, 'file'),
        *(_count(counts[severity], severity.value) for severity in Severity),
    ]
    if not report.volumes:
        words = ['no volume was found, nothing was looked at']
    if report.others:
        words.append(f'{_count(report.others, "file")} of no volume')
    if report.kept:
        words.append(f'{_count(len(report.kept), "file")} kept by repairs (*.replaced-*)')
    return ', '.join(words)


def _count(number: int, what: str) -> str:
    return f'{number} {what}' if number == 1 else f'{number} {what}s'
