# SPDX-License-Identifier: Apache-2.0
"""What is printed of a tempest run; main function: :func:`report`."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence

from nova_assist.ci.results import Result
from tests.tempest.selection import Selection

_VERDICTS = ('passed', 'failed', 'skipped')


def report(found: Sequence[Result], selection: Selection, seconds: float) -> str:
    """Return what failed, what was skipped and why, and how many of each class there were."""
    unexplained = selection.unexplained(found)
    lines = [f'\nFAILED {each.name}\n{each.told}' for each in found if each.verdict == 'failed']
    lines.append('\nSkipped\n')
    for each in found:
        if each.verdict == 'skipped':
            note = f'  (NOT LISTED in {selection.file})' if each in unexplained else ''
            lines.append(f'{each.name}: {each.told}{note}')
    lines += [f'{test}: not started: {why}' for test, why in selection.leave_out.items()]
    counts = collections.Counter(each.verdict for each in found)
    verdicts = ', '.join(f'{counts[verdict]} {verdict}' for verdict in _VERDICTS)
    return '\n'.join([*lines, f'\n{table(found)}\n', f'{verdicts}; {seconds:.0f} s in all'])


def table(found: Iterable[Result]) -> str:
    """Return a line for each class of tests."""
    groups: dict[str, list[Result]] = collections.defaultdict(list)
    for each in found:
        groups[each.group].append(each)
    width = max(map(len, groups))
    heads = ''.join(f'{verdict:>9}' for verdict in _VERDICTS)
    lines = [f'{"tests of":<{width}}{heads}{"seconds":>9}']
    for group, members in sorted(groups.items()):
        counts = collections.Counter(each.verdict for each in members)
        numbers = ''.join(f'{counts[verdict]:>9}' for verdict in _VERDICTS)
        lines.append(f'{group:<{width}}{numbers}{sum(each.seconds for each in members):>9.0f}')
    return '\n'.join(lines)
