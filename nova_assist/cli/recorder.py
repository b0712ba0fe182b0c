# SPDX-License-Identifier: Apache-2.0
"""Keeps what a run has found so far, so that an interrupted run still has a report.

Main class: :class:`Recorder`. Showing the progress is left to the listener that it passes on to.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from nova_assist.reports.model import ScenarioResult, Step, Verdict
from nova_assist.reports.progress import Listener

_NO_RESULT = 'the suite ended without a result for it'


class Recorder:
    """A listener that remembers, and passes everything on to ``shown``."""

    def __init__(
        self, names: Sequence[str], shown: Listener, repeat: Callable[[str], str]
    ) -> None:
        self._names = names
        self._shown = shown
        self._repeat = repeat
        self._finished: dict[str, ScenarioResult] = {}
        self._steps: dict[str, list[Step]] = {}
        self._begun: dict[str, float] = {}
        self._under_way: dict[str, str] = {}

    def scenario_started(self, name: str, index: int, total: int) -> None:
        """Begin to remember the steps of ``name``."""
        self._steps[name] = []
        self._begun[name] = time.monotonic()
        self._shown.scenario_started(name, index, total)

    def step_started(self, scenario: str, step: str) -> None:
        """Remember its name, for the case that it never ends."""
        self._under_way[scenario] = step
        self._shown.step_started(scenario, step)

    def step_finished(self, scenario: str, step: Step) -> None:
        """Remember the step."""
        self._under_way.pop(scenario, None)
        self._steps.setdefault(scenario, []).append(step)
        self._shown.step_finished(scenario, step)

    def scenario_finished(self, result: ScenarioResult) -> None:
        """Remember the result."""
        self.add(result)
        self._shown.scenario_finished(result)

    def add(self, result: ScenarioResult) -> None:
        """Remember a complete result."""
        self._finished[result.name] = result

    def results(self, stopped: str) -> list[ScenarioResult]:
        """Return a result for every scenario, in their order.

        :param stopped: why the run ended early, empty if it did not.
        """
        return [
            self._finished.get(name) or self._unfinished(name, stopped) for name in self._names
        ]

    def _unfinished(self, name: str, stopped: str) -> ScenarioResult:
        result = ScenarioResult(name, reason=stopped or _NO_RESULT, repeat=self._repeat(name))
        if name in self._begun:
            cut_short = [self._under_way[name]] if name in self._under_way else []
            result.steps = [
                *self._steps[name],
                *(Step(step, Verdict.UNKNOWN) for step in cut_short),
            ]
            result.seconds = time.monotonic() - self._begun[name]
            result.verdict = Verdict.worst([*(s.verdict for s in result.steps), Verdict.UNKNOWN])
        elif not stopped:
            result.verdict = Verdict.UNKNOWN
        return result
