# SPDX-License-Identifier: Apache-2.0
"""Plays one scenario from an empty stage to a cleared one.

Main class: :class:`Player`. Playing several, and two at a time, is left to
:mod:`nova_assist.scenarios.runner`.
"""

from __future__ import annotations

import dataclasses
import random
import threading
import time
from collections.abc import Callable, Sequence

from nova_assist.checks.judging import Bench, Judge
from nova_assist.reports.model import ScenarioResult, Verdict
from nova_assist.reports.progress import Listener
from nova_assist.scenarios.errors import Interrupted, NotPossible, StepEnded, StepFailed
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import FORMATS, Story
from nova_assist.scenarios.testbed import Testbed


@dataclasses.dataclass(frozen=True)
class Scenario:
    """A story, told for volumes of one format."""

    story: Story
    image_format: str

    @property
    def name(self) -> str:
        """The name that users know the scenario by."""
        return f'{self.story.name}-{self.image_format}'

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats of the backends that its volumes are in, that of new ones first."""
        others = [each for each in FORMATS if each != self.image_format and self.story.moves]
        return (self.image_format, *others)


class Player:
    """Plays scenarios in one cloud, each from its own part of the run's seed."""

    def __init__(
        self, testbed: Testbed, seed: int, stop: threading.Event, judges: Sequence[Judge] = ()
    ) -> None:
        """Take the testbed, the run's seed, the event that stops the run, and judges to add."""
        self._testbed = testbed
        self._seed = seed
        self._stop = stop
        self._judges = judges

    def play(
        self, scenario: Scenario, listener: Listener, repeat: Callable[[str], str]
    ) -> ScenarioResult:
        """Play a scenario, clean up after it, and return how it ended; it never raises."""
        result = ScenarioResult(scenario.name, repeat=repeat(scenario.name))
        began = time.monotonic()
        try:
            stage = self.stage(scenario, listener, result)
            _play(stage, scenario.story)
            result.verdict = Verdict.worst(step.verdict for step in result.steps)
        except StepFailed as error:
            result.verdict, result.reason = error.finding.verdict, str(error)
        except (Interrupted, NotPossible) as error:
            cut_short(result, Verdict.NOT_RUN, str(error))
        except Exception as error:  # one scenario's end, whatever it is, must not end the run
            reason = f'the scenario crashed: {type(error).__name__}: {error}'
            cut_short(result, Verdict.UNKNOWN, reason)
        result.seconds = time.monotonic() - began
        return result

    def stage(self, scenario: Scenario, listener: Listener, result: ScenarioResult) -> Stage:
        """Set the stage for a scenario.

        :raises NotPossible: if a service has ended, or no volumes of the format can be made
        :raises StepFailed: if Cinder doesn't tell
        """
        testbed = self._testbed
        ended = testbed.ended()
        if ended:
            raise NotPossible(ended)
        rng = random.Random(f'{self._seed}/{scenario.name}')  # noqa: S311 - repeatable
        context, guests = testbed.prepare(scenario.name, scenario.formats, rng, self._stop)
        bench = Bench(context.reader, self._judges)
        ownership = testbed.ownership(scenario.image_format)
        return Stage(context, guests, bench, ownership, listener, result)


def cut_short(result: ScenarioResult, verdict: Verdict, reason: str) -> None:
    """End a scenario before its time; what its steps found by then counts all the same."""
    found = Verdict.worst([verdict, *(step.verdict for step in result.steps)])
    if found in (Verdict.FAIL, Verdict.UNKNOWN):
        verdict = found
    result.verdict = verdict
    result.reason = result.reason or reason


def _play(stage: Stage, story: Story) -> None:
    """Play the story to its end or its first failure, then clean up; note why it failed."""
    reasons: list[str] = []
    try:
        story.play(stage)
    except StepEnded as error:
        reasons.append(str(error))
    finally:
        try:
            stage.clean_up(hurried=bool(reasons))
        except StepEnded as error:
            reasons.append(str(error))
        stage.result.reason = reasons[0] if reasons else ''
