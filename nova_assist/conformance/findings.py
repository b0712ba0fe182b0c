# SPDX-License-Identifier: Apache-2.0
"""What is told of a class: :class:`Report`, made of :class:`Finding` and :class:`Looked`."""

from __future__ import annotations

import dataclasses
import enum


class Kind(enum.Enum):
    """What is the matter."""

    MISSING = 'missing'
    NOT_IMPLEMENTED = 'not-implemented'
    SIGNATURE = 'signature'
    CHECKLIST = 'checklist'


class Severity(enum.Enum):
    """What it means: a hint is nothing that this Cinder release trips over."""

    ERROR = 'error'
    HINT = 'hint'


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that Cinder expects and the class doesn't have.

    :param interface: the interface or feature, or the checklist
    :param point: the method, attribute or decorator
    :param advice: what to do
    """

    kind: Kind
    severity: Severity
    interface: str
    point: str
    expected: str
    found: str
    advice: str


@dataclasses.dataclass(frozen=True)
class Looked:
    """An interface, a feature or the checklist, and whether it was looked at.

    :param points: how many methods or points it has
    :param reason: why it was, ``None`` if it wasn't: the class doesn't claim it
    """

    name: str
    points: int
    reason: str | None


@dataclasses.dataclass(frozen=True)
class Report:
    """All that is told of a class.

    :param driver: the path of the class
    :param release: the version of Cinder
    :param folder: where that Cinder is
    :param calls: how many calls of drivers were read in it
    :param version: the class's VERSION, ``None`` if it is no text
    :param ci_wiki_name: the class's CI_WIKI_NAME, likewise
    """

    driver: str
    release: str
    folder: str
    calls: int
    looked: tuple[Looked, ...]
    findings: tuple[Finding, ...]
    version: str | None = None
    ci_wiki_name: str | None = None

    def count(self, severity: Severity) -> int:
        """Return how many findings there are of a severity."""
        return sum(finding.severity is severity for finding in self.findings)
