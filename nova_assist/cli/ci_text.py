# SPDX-License-Identifier: Apache-2.0
"""What the helpers of ``nova-assist ci`` tell a person, as lines of text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

from nova_assist.ci.page import Page
from nova_assist.ci.plan import ACCOUNT, Step
from nova_assist.ci.skips import How, SkipList
from nova_assist.reports.visible import visible

_NARROWEST = 40
_HOW = {How.NOT_RUN: 'not started', How.SKIPPED: 'skipped'}


def plan(steps: Iterable[Step], width: int) -> str:
    """Return the steps, each with its commands, which are never broken."""
    lines = [f'All as account {ACCOUNT}.', '']
    for number, step in enumerate(steps, 1):
        lines += [
            f'{number}. {step.name}',
            *_row('shows', step.shows, width),
            *_row('takes', f'{step.takes} ({step.source})', width),
            '',
            *(f'    {command}' for command in step.commands),
            '',
        ]
    return _joined(lines[:-1])


def skips(listed: SkipList, width: int) -> str:
    """Return each entry of the list."""
    lines: list[str] = []
    for skip in listed.skips:
        lines += [
            f'{_HOW[skip.how]}: {skip.test}',
            *_row('reason', skip.reason, width),
            *_row('plan', skip.plan, width),
            '',
        ]
    return _joined(lines[:-1])


def page(made: Page, index: Path, width: int) -> str:
    """Return what the page says first."""
    lines: list[str] = []
    for item in made.items:
        lines += _wrapped(f'{item.state.value:<22}', f'{item.rule}: {item.told}', width)
    return _joined(
        [*lines, '', f'{made.verdict}: {made.totals_line}; {made.missing} missing', str(index)]
    )


def _row(label: str, words: str, width: int) -> Iterator[str]:
    return _wrapped(f'   {label:<8}', words, width)


def _wrapped(start: str, words: str, width: int) -> Iterator[str]:
    yield from textwrap.wrap(
        words,
        max(width, _NARROWEST),
        initial_indent=start,
        subsequent_indent=' ' * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _joined(lines: Iterable[str]) -> str:
    return ''.join(f'{visible(line)}\n' for line in lines)
