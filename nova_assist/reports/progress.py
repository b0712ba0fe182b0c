# SPDX-License-Identifier: Apache-2.0
"""How a run tells what it is doing while it is doing it.

Main class: :class:`Listener`. Showing the progress is left to :mod:`nova_assist.cli`.
"""

from __future__ import annotations

from typing import Protocol

from nova_assist.reports.model import ScenarioResult, Step


class Listener(Protocol):
    """Is told of each scenario and each step as it begins and ends, in the caller's thread."""

    def scenario_started(self, name: str, index: int, total: int) -> None:
        """Learn that scenario ``name`` begins, the ``index``-th (from 1) of ``total``."""

    def step_started(self, scenario: str, step: str) -> None:
        """Learn that a step of ``scenario`` begins."""

    def step_finished(self, scenario: str, step: Step) -> None:
        """Learn that a step of ``scenario`` ended, with its verdict and findings."""

    def scenario_finished(self, result: ScenarioResult) -> None:
        """Learn that a scenario ended; ``result`` is complete."""
