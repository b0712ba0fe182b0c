# SPDX-License-Identifier: Apache-2.0
"""A report as text for a person: a table, then each failure told in full.

Main function: :func:`render`. Whether there is a terminal, how wide it is and whether it wants
colours is the caller's knowledge.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from nova_assist.reports.drawn import drawn
from nova_assist.reports.model import Finding, RunReport, ScenarioResult, Step, Verdict
from nova_assist.reports.visible import visible
from nova_assist.reports.wording import (
    VERDICTS,
    finding_line,
    needs_attention,
    own_reason,
    steps_passed,
    totals_line,
    unseen_line,
)

STYLES = {
    Verdict.PASS: 'green',
    Verdict.FAIL: 'bold red',
    Verdict.UNKNOWN: 'bold magenta',
    Verdict.NOT_RUN: 'yellow',
}
_LABEL = 9


def render(report: RunReport, *, width: int, colour: bool) -> str:
    """Return ``report`` as lines of text.

    :param width: columns of the terminal; file names and command lines are never broken.
    :param colour: use ANSI colours.
    """
    return drawn(lambda console: _print(console, report), width=width, colour=colour)


def _print(console: Console, report: RunReport) -> None:
    _print_heading(console, report)
    console.print(_table(report))
    for result in filter(needs_attention, report.scenarios):
        _print_failure(console, result)
    _print_summary(console, report)


def _print_heading(console: Console, report: RunReport) -> None:
    for label, value in (('driver', report.driver), ('share', report.share)):
        if value:
            _print_line(console, 0, label, value)
    options = ' '.join(f'{key}={value}' for key, value in report.options.items())
    accounts = ', '.join(f'{part}: {who}' for part, who in report.accounts.items())
    _print_values(console, 0, (('options', options), ('accounts', accounts)))
    _print_values(console, 0, report.cloud.items())
    console.print()


def _table(report: RunReport) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style='bold')
    table.add_column('SCENARIO', overflow='fold')
    table.add_column('STEPS', justify='right')
    table.add_column('VERDICT', overflow='fold')
    table.add_column('SECONDS', justify='right')
    for result in report.scenarios:
        table.add_row(
            Text(visible(result.name)),
            Text(steps_passed(result)),
            _verdict(result),
            Text(f'{result.seconds:.1f}'),
        )
    return table


def _verdict(result: ScenarioResult) -> Text:
    words = VERDICTS[result.verdict]
    if result.verdict is Verdict.NOT_RUN and result.reason:
        words = f'{words}: {visible(result.reason)}'
    return Text(words, style=STYLES[result.verdict])


def _print_failure(console: Console, result: ScenarioResult) -> None:
    console.print()
    heading = Text(f'{VERDICTS[result.verdict]}  ', style=STYLES[result.verdict])
    console.print(heading.append(visible(result.name), style='bold'))
    reason = own_reason(result)
    if reason:
        _print_wrapped(console, 2, visible(reason))
    for step in result.steps:
        _print_step(console, step)
    if result.repeat:
        _print_line(console, 2, 'repeat', result.repeat)


def _print_step(console: Console, step: Step) -> None:
    if not step.findings and step.verdict in (Verdict.PASS, Verdict.NOT_RUN):
        return
    words = f'{VERDICTS[step.verdict]} at step: {visible(step.name)} ({step.seconds:.1f} s)'
    _print_wrapped(console, 2, words)
    for finding in step.findings:
        _print_finding(console, finding)


def _print_finding(console: Console, finding: Finding) -> None:
    fault = visible(finding_line(finding))
    _print_wrapped(console, 4, fault, STYLES[finding.verdict])
    _print_values(console, 6, (('expected', finding.expected), ('found', finding.found)))
    for file in finding.files:
        _print_line(console, 6, 'file', file)


def _print_summary(console: Console, report: RunReport) -> None:
    console.print()
    times = f'{report.seconds:.1f} s, {report.start_up_seconds:.1f} s of them start-up'
    for line in (totals_line(report), f'{times}; seed {report.seed}', unseen_line(report)):
        if line:
            console.print(Text(line))


def _print_wrapped(console: Console, indent: int, words: str, style: str = '') -> None:
    console.print(Padding(Text(words, style=style, overflow='fold'), (0, 0, 0, indent)))


def _print_values(console: Console, indent: int, values: Iterable[tuple[str, str]]) -> None:
    """Print each value that there is beside its label, as narrow as the terminal."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(min_width=_LABEL)
    grid.add_column(overflow='fold')
    for label, value in values:
        if value:
            grid.add_row(Text(visible(label)), Text(visible(value)))
    if grid.row_count:
        console.print(Padding(grid, (0, 0, 0, indent)))


def _print_line(console: Console, indent: int, label: str, value: str) -> None:
    """Print what a person may want to copy: on one line, however narrow the terminal."""
    line = f'{" " * indent}{label:<{_LABEL}} {visible(value)}'
    console.print(Text(line), soft_wrap=True)
