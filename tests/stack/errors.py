# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with the stack.

::

    StackError
     +-- UnfitMachineError     this machine can't have it: what is missing or in the way
     +-- CommandError          a command failed; it says which, how, and what it printed
     +-- ServiceError          a service is not up; it says which, and the last lines of its log
     +-- StoryError            the stack is up, and what it did was wrong
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from pathlib import Path

#: Lines of a log or of a command's output that a message shows.
_TAIL = 25
_NUMBER = re.compile(r'\d+')


class StackError(Exception):
    """Base of all; the message is for people."""


class UnfitMachineError(StackError):
    """This machine can't have a stack."""


class CommandError(StackError):
    """A command failed."""

    def __init__(self, command: Sequence[str], code: int, said: str) -> None:
        super().__init__(f'{" ".join(command)} ended with {code}:\n{tail(said)}')


class ServiceError(StackError):
    """A service is not up, or not any more."""

    def __init__(self, name: str, found: str, log: Path) -> None:
        self.name = name
        said = tail(log.read_text(errors='replace')) if log.exists() else '(there is none)'
        super().__init__(f'{name} {found}; the last lines of {log}:\n{said}')


class StoryError(StackError):
    """A story did not go as it should."""


def tail(text: str, lines: int = _TAIL) -> str:
    """Return the last lines of a text; of those that differ in numbers alone one stands for all.

    A service that can't work says so every few seconds, and why only once, before.
    """
    told = []
    for _, alike in itertools.groupby(text.rstrip().splitlines(), _without_numbers):
        *before, last = alike
        told.append(f'{last} [and {len(before)} before it alike]' if before else last)
    return '\n'.join(told[-lines:])


def _without_numbers(line: str) -> str:
    return _NUMBER.sub('', line)
