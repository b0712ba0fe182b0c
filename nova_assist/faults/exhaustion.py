# SPDX-License-Identifier: Apache-2.0
"""Has a service die at each point of an operation, and judges what it makes of that afterwards.

Main class: :class:`Exhaustion`. For n = 1, 2, 3 … the operation is prepared, Cinder is killed
before its n-th effect on the share (or compute, or a guest, before its n-th deed), started again,
and then everything is judged: that nothing is stuck, what the judges of every scenario see, that
the operation can be repeated, and that others still work. It ends with the n that the operation
does not come to. What is done is left to :mod:`nova_assist.faults.operations`, the killing to
:mod:`nova_assist.faults.trap`.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import random
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from nova_assist.checks.judging import Judge
from nova_assist.cloud.cloud import Cloud
from nova_assist.cloud.errors import ServiceError
from nova_assist.faults import operations
from nova_assist.faults.operation import Operation
from nova_assist.faults.trap import COUNT_ONLY
from nova_assist.faults.victims import Traps
from nova_assist.reports.model import Finding, ScenarioResult, Step, Verdict
from nova_assist.reports.progress import Listener
from nova_assist.scenarios.errors import Interrupted, NotPossible, StepEnded, StepFailed
from nova_assist.scenarios.player import Player, Scenario, cut_short
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import FORMATS, Story
from nova_assist.scenarios.testbed import Testbed


@dataclasses.dataclass(frozen=True)
class CrashScenario:
    """An operation on volumes of one format, killed at every point or at one only.

    :ivar point: the number of the effect to die before, ``None`` for all of them
    """

    operation: str
    image_format: str
    point: int | None = None

    @property
    def name(self) -> str:
        """The name that users know it by, such as ``create-online-raw`` or ``…@7``."""
        base = f'{self.operation}-{self.image_format}'
        return base if self.point is None else f'{base}@{self.point}'

    @property
    def description(self) -> str:
        """What is done, in one line."""
        words = (operations.OPERATIONS[self.operation].__doc__ or '').partition('.')[0]
        return f'{words[0].lower()}{words[1:]} ({self.image_format} volumes)'

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats of the backends whose volumes are judged."""
        return self.told_as(self.name).formats

    def told_as(self, name: str) -> Scenario:
        """Return the scenario of one death, which sets the stage and has no story of its own."""
        moves = operations.OPERATIONS[self.operation].moves
        return Scenario(Story(name, '', lambda stage: None, moves=moves), self.image_format)

    @classmethod
    def named(cls, name: str) -> CrashScenario:
        """Return the scenario of a :attr:`name`, whose operation has to be one."""
        base, _, point = name.partition('@')
        operation, _, image_format = base.rpartition('-')
        return cls(operation, image_format, int(point) if point else None)


def all_scenarios() -> list[CrashScenario]:
    """Return every operation with volumes of every format."""
    return [
        CrashScenario(operation, image_format)
        for operation in operations.OPERATIONS
        for image_format in FORMATS
    ]


@dataclasses.dataclass(frozen=True)
class _Point:
    """One death, or none: then ``deed`` is empty, and ``effects`` tells how many there were."""

    deed: str
    effects: int
    findings: tuple[Finding, ...]
    verdict: Verdict


class Exhaustion:
    """Plays crash scenarios in one cloud, one after the other: they all kill the same services.

    :param testbed: the cloud, as scenarios have it
    :param traps: what the processes were put into
    :param sample: die at so many points of an operation only, chosen by the seed; ``None`` for all
    """

    def __init__(
        self,
        testbed: Testbed,
        cloud: Cloud,
        traps: Traps,
        seed: int,
        stop: threading.Event,
        judges: Iterable[Judge] = (),
        sample: int | None = None,
    ) -> None:
        self._cloud = cloud
        self._traps = traps
        self._seed = seed
        self._sample = sample
        self._player = Player(testbed, seed, stop, tuple(judges))

    def play(
        self, scenario: CrashScenario, listener: Listener, repeat: Callable[[str], str]
    ) -> ScenarioResult:
        """Play a scenario with all its deaths, a step each; only an interrupt ends it early."""
        result = ScenarioResult(scenario.name, repeat=repeat(scenario.name))
        began = time.monotonic()
        try:
            for number in self._points(scenario, result):
                if not self._step(scenario, number, listener, result):
                    break
            result.verdict = Verdict.worst(step.verdict for step in result.steps)
            if not result.steps:
                result.reason = 'the operation does not come to a point before which to die'
        except (Interrupted, NotPossible) as error:
            cut_short(result, Verdict.NOT_RUN, str(error))
        except Exception as error:  # one scenario's end, whatever it is, must not end the run
            reason = f'the scenario crashed: {type(error).__name__}: {error}'
            cut_short(result, Verdict.UNKNOWN, reason)
        failed = [step for step in result.steps if step.findings]
        if failed and not result.reason:
            result.reason = f'{len(failed)} of {len(result.steps)} points failed'
        result.seconds = time.monotonic() - began
        return result

    def _points(self, scenario: CrashScenario, result: ScenarioResult) -> Iterable[int]:
        """Return before which effects to die; to choose among them they are counted first."""
        if scenario.point is not None:
            return [scenario.point]
        if self._sample is None:
            return itertools.count(1)
        found = self._die(scenario, COUNT_ONLY)
        if found.findings:
            result.steps.append(Step('without a death', found.verdict, 0, list(found.findings)))
            return []
        rng = random.Random(f'{self._seed}/{scenario.name}')  # noqa: S311 - repeatable, not secret
        everyone = range(1, found.effects + 1)
        return sorted(rng.sample(everyone, min(self._sample, found.effects)))

    def _step(
        self, scenario: CrashScenario, number: int, listener: Listener, result: ScenarioResult
    ) -> bool:
        """Die once, and record it as a step; returns whether the operation came to that point."""
        began = time.monotonic()
        listener.step_started(scenario.name, f'death {number}')
        point = self._die(scenario, number)
        if not point.deed and not point.findings:
            return False
        name = f'death {number}, before: {point.deed}' if point.deed else 'without a death'
        step = Step(name, point.verdict, time.monotonic() - began, list(point.findings))
        result.steps.append(step)
        listener.step_finished(scenario.name, step)
        return bool(point.deed)

    def _die(self, scenario: CrashScenario, limit: int) -> _Point:
        scratch = ScenarioResult(f'{scenario.operation}-{limit if limit < COUNT_ONLY else 0}')
        stage = self._player.stage(scenario.told_as(scratch.name), _Unheard(), scratch)
        operation = operations.OPERATIONS[scenario.operation](stage)
        deed, effects = '', 0
        try:
            with stage.step('prepare'):
                operation.prepare()
            with stage.step('die', judged=False):
                effects = self._act(stage, operation, limit)
                deed = self._traps.of(operation.victim).deed
            if deed:
                self._live_on(stage, operation)
        except StepEnded:
            pass  # recorded, and told with the point
        self._clean_up(stage, scratch)
        findings = tuple(finding for step in scratch.steps for finding in step.findings)
        verdict = Verdict.worst([Verdict.PASS, *(finding.verdict for finding in findings)])
        return _Point(deed, effects, findings, verdict)

    def _act(self, stage: Stage, operation: Operation, limit: int) -> int:
        """Do the operation until it ends or Cinder is dead; returns how many effects it had.

        :raises StepFailed: it failed though nobody died
        """
        trap, service = self._traps.of(operation.victim), operation.victim.service(self._cloud)
        folder = Path(os.path.commonpath(stage.context.shares))
        failure: Exception | None = None
        try:
            if operation.at_start:
                self._cloud.cinder.kill()
                trap.arm(folder, limit, hidden=True)
                self._cloud.cinder.start()
            else:
                trap.arm(folder, limit)
                operation.act()
        except (StepFailed, ServiceError) as error:
            failure = error
        effects = trap.disarm()
        if not trap.deed and failure is not None:
            raise failure
        if trap.deed and service is not None:
            stage.context.patience.wait(
                f'the death of {operation.victim.value}', lambda: None if service.alive else True
            )
        return effects

    def _live_on(self, stage: Stage, operation: Operation) -> None:
        """Start the service again, and see that all is well."""
        with stage.step('start again', judged=False):
            service = operation.victim.service(self._cloud)
            if service is not None:
                service.start()
            operation.revive()
        with stage.step('look'):
            operation.survey()
            operation.settle()
        with stage.step('repeat'):
            operation.repeat()
        with stage.step('go on'):
            # Only a guest can write to an encrypted one, which it does in the repetition.
            if operation.volume is not None and not operation.volume.encrypted:
                operations.go_on(stage, operation.volume)

    def _clean_up(self, stage: Stage, scratch: ScenarioResult) -> None:
        for service in (self._cloud.cinder, self._cloud.compute):
            if not service.alive:
                service.start()
        if stage.context.partner:
            stage.context.partner.come_back()
        failed = any(step.findings for step in scratch.steps)
        try:
            stage.clean_up(hurried=failed)
        except StepEnded:
            if failed:  # what is left is a consequence, and told of already
                scratch.steps.pop()


class _Unheard:
    """A listener for the steps within a death, which nobody wants to see one by one."""

    def scenario_started(self, name: str, index: int, total: int) -> None:
        """Pass over it."""

    def step_started(self, scenario: str, step: str) -> None:
        """Pass over it."""

    def step_finished(self, scenario: str, step: Step) -> None:
        """Pass over it."""

    def scenario_finished(self, result: ScenarioResult) -> None:
        """Pass over it."""
