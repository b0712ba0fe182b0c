# SPDX-License-Identifier: Apache-2.0
"""What a test looked at, and what it could not look at.

Main class: :class:`Looks`. A test that could not look at something of a kind says so with
:meth:`Looks.missed` and goes on with the calls. At its end, if the kind is one that the test is
there for, it is skipped with that reason: so it passes only if it has seen what it was to judge.
All looks are told in a detail of the result.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Collection


class Kind(enum.Enum):
    """What can be looked at, besides answers."""

    DATA = 'data'
    FILES = 'files'
    CHAIN = 'chain'
    SIZE = 'size'


class Looks:
    """The count of one test."""

    def __init__(self) -> None:
        self._looks: Counter[Kind] = Counter()
        self._missed: dict[Kind, str] = {}

    def looked(self, kind: Kind) -> None:
        """Count one look."""
        self._looks[kind] += 1

    def missed(self, kind: Kind, reason: str) -> None:
        """Note that something could not be looked at, and why."""
        self._missed.setdefault(kind, reason)

    def lacking(self, kinds: Collection[Kind]) -> str:
        """Return why any of the kinds could not be looked at; empty if all could."""
        missed = [(kind, why) for kind, why in self._missed.items() if kind in kinds]
        return '; '.join(f'{kind.value} not looked at: {why}' for kind, why in missed)

    def __str__(self) -> str:
        lines = [f'{kind.value}: looked at {self._looks[kind]} times' for kind in Kind]
        lines += [f'{kind.value}: not looked at: {why}' for kind, why in self._missed.items()]
        return '\n'.join(lines)
