# SPDX-License-Identifier: Apache-2.0
"""The result of a run as values: report, scenario, step, finding.

Main class: :class:`RunReport`. Rendering is left to the other modules of this package, judging to
:mod:`nova_assist.checks`.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Mapping
from typing import Any


class Verdict(str, enum.Enum):
    """How a step, a scenario or a judge ended.

    ``UNKNOWN`` means that the judge could not look or crashed: it never counts as a pass.
    """

    PASS = 'pass'  # noqa: S105 - no password
    FAIL = 'fail'
    UNKNOWN = 'unknown'
    NOT_RUN = 'not_run'

    @staticmethod
    def worst(verdicts: Iterable[Verdict]) -> Verdict:
        """Return the verdict of a whole from those of its parts; no parts at all is not_run."""
        order = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS)
        found = set(verdicts)
        return next((verdict for verdict in order if verdict in found), Verdict.NOT_RUN)


@dataclasses.dataclass(frozen=True)
class Finding:
    """One fault that a judge saw.

    ``judge`` names who saw it (data, chain, access, orphans, api), ``fault`` is a sentence that
    names the fault; ``files`` are names relative to the share.
    """

    judge: str
    fault: str
    expected: str
    found: str
    files: tuple[str, ...] = ()
    verdict: Verdict = Verdict.FAIL


@dataclasses.dataclass
class Step:
    """One step of a scenario; ``chains`` maps a volume to its files, active file first.

    ``unseen`` says what no judge could look at after it, though it may have changed.
    """

    name: str
    verdict: Verdict = Verdict.NOT_RUN
    seconds: float = 0.0
    findings: list[Finding] = dataclasses.field(default_factory=list)
    chains: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    unseen: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class ScenarioResult:
    """One scenario; ``reason`` says why it was not run or failed, ``repeat`` how to repeat it."""

    name: str
    verdict: Verdict = Verdict.NOT_RUN
    seconds: float = 0.0
    reason: str = ''
    repeat: str = ''
    steps: list[Step] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class RunReport:
    """A whole run: what was judged, with which versions, and how each scenario ended.

    ``options`` are those of the driver; ``accounts`` tells who played which part in a run with
    separate accounts. ``cloud`` tells of a cloud of others what it is, and what was looked at
    there; ``driver`` is "" then, for nobody tells.
    """

    driver: str
    versions: Mapping[str, str]
    seed: int
    command: str
    started: str
    share: str
    scenarios: list[ScenarioResult] = dataclasses.field(default_factory=list)
    logs: dict[str, str] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0
    start_up_seconds: float = 0.0
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)
    accounts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    cloud: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def totals(self) -> dict[str, int]:
        """Count the scenarios by verdict."""
        return {
            verdict.value: sum(result.verdict is verdict for result in self.scenarios)
            for verdict in Verdict
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data, as ``report.json`` has it."""
        return {**dataclasses.asdict(self), 'totals': self.totals()}
