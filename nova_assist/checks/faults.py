# SPDX-License-Identifier: Apache-2.0
"""How the parts of the chain judge say what they found.

Main function: :func:`fault`.
"""

from __future__ import annotations

from collections.abc import Iterable

from nova_assist.reports.model import Finding

NAME = 'chain'


def fault(words: str, expected: str, found: str, *files: str) -> Finding:
    """Return the finding of a fault that the chain judge saw."""
    return Finding(NAME, words, expected, found, files)


def listed(names: Iterable[str]) -> str:
    """Return names as a list that a person can read."""
    return ', '.join(names) or 'nothing'
