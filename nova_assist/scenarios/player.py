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
from nova_assist.checks.pattern import Pattern
from nova_assist.checks.reader import Reader
from nova_assist.cloud.cloud import Cloud
from nova_assist.cloud.errors import ServiceError
from nova_assist.reports.model import ScenarioResult, Verdict
from nova_assist.reports.progress import Listener
from nova_assist.scenarios.context import Context
from nova_assist.scenarios.errors import Interrupted, NotPossible, StepEnded, StepFailed
from nova_assist.scenarios.logs import ServiceLog
from nova_assist.scenarios.rest import Api, refusals
from nova_assist.scenarios.secure import expected_ownership
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story
from nova_assist.scenarios.waiting import Patience


@dataclasses.dataclass(frozen=True)
class Scenario:
    """A story, told for volumes of one format."""

    story: Story
    image_format: str

    @property
    def name(self) -> str:
        """The name that users know the scenario by."""
        return f'{self.story.name}-{self.image_format}'


class Player:
    """Plays scenarios in one cloud, each from its own part of the run's seed."""

    def __init__(
        self, cloud: Cloud, seed: int, stop: threading.Event, judges: Sequence[Judge] = ()
    ) -> None:
        """Take the cloud, the run's seed, the event that stops the run, and judges to add."""
        self._cloud = cloud
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

        :raises NotPossible: if a service has ended, or Cinder has no backend of the format
        :raises StepFailed: if Cinder doesn't tell its backends
        """
        ended = self._ended()
        if ended:
            raise NotPossible(ended)
        context = self._context(scenario)
        with refusals('asking for the backends'):
            backends = context.api.backends()
        if scenario.image_format not in backends:
            raise NotPossible(
                f"Cinder's scheduler has no backend {scenario.image_format!r}; it "
                f'has: {", ".join(sorted(backends)) or "none"}'
            )
        accounts = self._cloud.accounts
        ownership = expected_ownership(
            self._cloud.shares[scenario.image_format], self._cloud.options, accounts
        )
        account = accounts.cinder if accounts else None
        reader = Reader(self._cloud.scratch, context.pattern, account)
        bench = Bench(reader, self._judges)
        return Stage(context, bench, ownership, listener, result)

    def _context(self, scenario: Scenario) -> Context:
        rng = random.Random(f'{self._seed}/{scenario.name}')  # noqa: S311 - repeatable
        pattern = Pattern(rng.getrandbits(64))
        share = self._cloud.shares[scenario.image_format]
        return Context(
            scenario.name,
            scenario.image_format,
            Api(self._cloud.cinderclient(), self._cloud.novaclient(), self._cloud.compute.url),
            Patience(self._stop),
            ServiceLog('Cinder', self._cloud.cinder.log),
            ServiceLog('compute', self._cloud.compute.log),
            self._ended,
            share.path,
            share.name,
            self._cloud.scratch,
            pattern,
            rng,
            self._cloud.accounts,
        )

    def _ended(self) -> str:
        """Return which service has ended by itself, "" if none has."""
        try:
            self._cloud.check()
        except ServiceError as error:
            return str(error)
        return ''


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
