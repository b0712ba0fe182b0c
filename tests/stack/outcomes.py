# SPDX-License-Identifier: Apache-2.0
"""How faults on a stack came out, for people and for programs; main function: :func:`table`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from tests.stack.errors import StoryError

_COLUMNS = ('case', 'moment', 'status after it', 'seconds', 'verdict')


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of one.

    :ivar seen: the snapshot's status after each attempt at the operation, ``gone`` if it is.
    :ivar fault: what was lost, left or stuck; empty if nothing was.
    """

    name: str
    moment: str
    seen: tuple[str, ...]
    fault: str
    seconds: float


def table(outcomes: Sequence[Outcome]) -> str:
    """Return a line for each, then the faults."""
    rows = [_COLUMNS, *map(_row, outcomes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    lines = [
        '  '.join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    faults = [f'{each.name}: {each.fault}' for each in outcomes if each.fault]
    passed = len(outcomes) - len(faults)
    return '\n'.join([*lines, '', *faults, f'{len(outcomes)} cases, {passed} passed'])


def save(outcomes: Sequence[Outcome], file: Path) -> None:
    """Write them to a JSON file, a list of objects."""
    found = [dataclasses.asdict(each) for each in outcomes]
    file.write_text(json.dumps(found, indent=2) + '\n')


def errors(said: bytes, volume: str) -> list[str]:
    """Return what ``nova-assist check -f json`` has found that endangers a volume.

    :raises StoryError: it has not said what it found.
    """
    try:
        report = json.loads(said)
    except ValueError as error:
        raise StoryError(f'nova-assist check has not come to an end; it said {said!r}') from error
    return [
        f'{each["kind"]}: {each["meaning"]}'
        for each in report['findings']
        if each['volume'] == volume and each['severity'] == 'error'
    ]


def _row(outcome: Outcome) -> tuple[str, ...]:
    return (
        outcome.name,
        outcome.moment or '(not come to it)',
        ', then '.join(outcome.seen),
        f'{outcome.seconds:.0f}',
        'FAILED' if outcome.fault else 'passed',
    )
