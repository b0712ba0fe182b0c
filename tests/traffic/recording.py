# SPDX-License-Identifier: Apache-2.0
"""What was recorded, kept as a file, and how two recordings differ.

Main class: :class:`Recording`; main function: :func:`differences`.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

_WIDTH = 99


@dataclasses.dataclass(frozen=True)
class Step:
    """What a step of the story led to.

    :ivar calls: as :class:`tests.traffic.normal.Normaliser` makes them.
    :ivar files: what lies on the share once all is done.
    """

    step: str
    calls: Sequence[Mapping[str, Any]]
    files: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Recording:
    """All steps of the story, and what spoke in them.

    :ivar versions: the versions of the services, by name.
    """

    versions: Mapping[str, str]
    steps: Sequence[Step]

    def save(self, path: Path) -> None:
        """Write it to a file for people and programs to read."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            '# Made by "tox -e stack -- --record FILE".\n' + _text(dataclasses.asdict(self))
        )

    @classmethod
    def load(cls, path: Path) -> Recording:
        """Read what :meth:`save` wrote."""
        data = yaml.safe_load(path.read_text())
        return cls(data['versions'], [Step(**step) for step in data['steps']])


@dataclasses.dataclass(frozen=True)
class Accepted:
    """A difference that is meant to be.

    :ivar call: a pattern for the caller and the call, such as ``nova GET /``.
    :ivar field: the part of the call that is not compared, such as ``body.connector``; all of it,
        if empty.
    :ivar step: a pattern for the step.
    :ivar reason: why it is meant to be.
    :ivar by_chance: whether it is there in some runs only.
    """

    call: str
    reason: str
    field: str = ''
    step: str = '.*'
    by_chance: bool = False

    @classmethod
    def load(cls, path: Path) -> list[Accepted]:
        """Read a list of them."""
        return [cls(**each) for each in yaml.safe_load(path.read_text())]

    def applied(self, step: str, calls: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Return calls without what is not compared of them."""
        if not re.fullmatch(self.step, step):
            return list(calls)
        found = []
        for call in calls:
            if not re.fullmatch(self.call, f'{call["from"]} {call["call"]}'):
                found.append(call)
            elif self.field:
                found.append(_without(call, self.field.split('.')))
        return found


def differences(
    expected: Iterable[Step], found: Iterable[Step], accepted: Sequence[Accepted]
) -> list[str]:
    """Return a text for each step that is not as expected, with its calls as a diff."""
    texts = []
    pairs = zip(_compared(expected, accepted), _compared(found, accepted), strict=True)
    for (name, one), (_, other) in pairs:
        lines = list(difflib.unified_diff(one, other, 'the stack', 'here', lineterm='', n=4))
        if lines:
            texts.append('\n'.join([f'step "{name}":', *lines]))
    return texts


def needless(
    expected: Sequence[Step], found: Sequence[Step], accepted: Sequence[Accepted]
) -> list[Accepted]:
    """Return what is accepted and is not there: with or without it all else is as expected."""
    return [
        each
        for each in accepted
        if not each.by_chance
        and not differences(expected, found, [other for other in accepted if other != each])
    ]


def _compared(
    steps: Iterable[Step], accepted: Sequence[Accepted]
) -> Iterator[tuple[str, list[str]]]:
    for step in steps:
        calls = list(step.calls)
        for each in accepted:
            calls = each.applied(step.step, calls)
        yield step.step, _text({'calls': calls, 'files': step.files}).splitlines()


def _without(value: Any, keys: list[str]) -> Any:
    """Return a value without what is at the end of a path of keys, if there is such a thing."""
    first, *rest = keys
    if not isinstance(value, Mapping) or first not in value:
        return value
    if not rest:
        return {key: each for key, each in value.items() if key != first}
    return {**value, first: _without(value[first], rest)}


class _Dumper(yaml.SafeDumper):
    """Never writes a value as a reference to an equal one."""

    def ignore_aliases(self, data: object) -> bool:
        return True


class _Files(dict[str, str]):
    """A listing, written with a line for each file."""


_Dumper.add_representer(
    _Files,
    lambda dumper, files: dumper.represent_mapping(
        'tag:yaml.org,2002:map', files, flow_style=False
    ),
)


def _text(value: Any) -> str:
    return str(
        yaml.dump(
            _listed(value), Dumper=_Dumper, sort_keys=False, width=_WIDTH, default_flow_style=None
        )
    )


def _listed(value: Any) -> Any:
    """Return a value with its listings marked."""
    if isinstance(value, Mapping):
        return {
            key: _Files(each) if key == 'files' else _listed(each) for key, each in value.items()
        }
    return [_listed(each) for each in value] if isinstance(value, (list, tuple)) else value
