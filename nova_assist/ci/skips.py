# SPDX-License-Identifier: Apache-2.0
"""Which tests are not run or skip themselves, why, and the plan to change that: ``skips.yaml``.

Main class: :class:`SkipList`. Cinder's checklist: "Any skipped tests need to be clearly documented
why they are being skipped including the plan for getting rid of the need to skip them."
"""

from __future__ import annotations

import dataclasses
import enum
import importlib.resources
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from nova_assist.ci.errors import SkipsError

_OWN = 'skips.yaml'
_KEYS = {'test', 'reason', 'plan'}


class How(str, enum.Enum):
    """How a test comes not to be run; the values are the keys of the YAML file."""

    NOT_RUN = 'not_run'
    SKIPPED = 'skipped'


@dataclasses.dataclass(frozen=True)
class Skip:
    """Some tests, by a regular expression that is searched in their names, as stestr does."""

    how: How
    test: str
    reason: str
    plan: str

    def matches(self, name: str) -> bool:
        """Tell whether a test, or a class of tests, is among them."""
        return re.search(self.test, name) is not None


@dataclasses.dataclass(frozen=True)
class SkipList:
    """All skips; of several that match the first tells the reason."""

    skips: tuple[Skip, ...]

    @classmethod
    def load(cls, further: Iterable[Path] = ()) -> SkipList:
        """Read the vendor's lists, if there are any, then the package's.

        :raises SkipsError: one can't be read, or an entry is not complete.
        """
        own = importlib.resources.files(__package__).joinpath(_OWN).read_text(encoding='utf-8')
        theirs = [skip for file in further for skip in _parse(_read(file), str(file))]
        return cls((*theirs, *_parse(own, _OWN)))

    def find(self, name: str) -> Skip | None:
        """Return why a test is skipped, if that is known."""
        return next((skip for skip in self.skips if skip.matches(name)), None)

    def not_started(self, name: str) -> Skip | None:
        """Return why a test is not run at all, if that is known."""
        started = (skip for skip in self.skips if skip.how is How.NOT_RUN)
        return next((skip for skip in started if skip.matches(name)), None)

    def exclude_list(self) -> str:
        """Return what ``tempest run --exclude-list`` takes: an expression, ``#``, the reason."""
        lines = [
            f'{skip.test}  # {skip.reason}. Plan: {skip.plan}'
            for skip in self.skips
            if skip.how is How.NOT_RUN
        ]
        return ''.join(f'{line}\n' for line in lines)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding='utf-8')
    except (OSError, UnicodeDecodeError) as error:
        raise SkipsError(f"the list of skips {file} can't be read: {error}") from error


def _parse(text: str, source: str) -> list[Skip]:
    try:
        content = yaml.safe_load(text) or {}
    # A date that is none, such as 2026-02-30, is a ValueError.
    except (yaml.YAMLError, ValueError) as error:
        raise SkipsError(f'the list of skips {source} is not valid YAML: {error}') from error
    parts = {how.value for how in How}
    if not isinstance(content, dict) or not content.keys() <= parts:
        raise SkipsError(
            f'the list of skips {source} has to be a mapping with {" and ".join(sorted(parts))}, '
            'each a list of entries'
        )
    return [
        _skip(how, entry, source) for how in How for entry in _entries(content, how.value, source)
    ]


def _entries(content: dict[str, Any], part: str, source: str) -> list[Any]:
    entries = content.get(part) or []
    if not isinstance(entries, list):
        raise SkipsError(f'{part} in the list of skips {source} has to be a list, not {entries!r}')
    return entries


def _skip(how: How, entry: Any, source: str) -> Skip:
    where = f'an entry of {how.value} in the list of skips {source}'
    if not isinstance(entry, dict) or entry.keys() != _KEYS:
        raise SkipsError(
            f'{where} has to have test, reason and plan, which Cinder asks for: {entry!r}'
        )
    for key, value in entry.items():
        if not (isinstance(value, str) and value.strip() and value.isprintable()):
            raise SkipsError(f'{key} of {where} has to be one line of text: {value!r}')
    # What follows "#" is a comment to stestr, also within an expression.
    if '#' in entry['test']:
        raise SkipsError(f'test of {where} may not have a "#": {entry["test"]!r}')
    try:
        re.compile(entry['test'])
    except re.error as error:
        raise SkipsError(
            f'test of {where} is no regular expression: {entry["test"]!r}: {error}'
        ) from error
    return Skip(how, **entry)
