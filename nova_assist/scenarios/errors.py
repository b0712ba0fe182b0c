# SPDX-License-Identifier: Apache-2.0
"""How a scenario ends early, as one tree of errors.

Main class: :class:`ScenarioError`::

    ScenarioError
     +-- StepFailed        a step went wrong; carries the finding
     |    +-- TookTooLong  what was waited for didn't happen
     |    +-- NoAnswer     a service can't be reached: nothing is known of the driver
     +-- StepEnded         a step failed and is recorded: the story ends
     +-- NotPossible       this cloud can't play the scenario: not run, with the reason
     +-- GuestIoError      a guest's or host's read or write failed
     +-- Interrupted       the run is being stopped
     +-- UnknownScenario   no scenario of that name
"""

from __future__ import annotations

from collections.abc import Iterable

from nova_assist.reports.model import Finding, Step, Verdict


class ScenarioError(Exception):
    """Base of this package's errors."""


class StepFailed(ScenarioError):
    """A step didn't do what it should; ``finding`` says what."""

    #: What is known of the driver then.
    verdict = Verdict.FAIL

    def __init__(self, fault: str, expected: str, found: str, judge: str = 'api') -> None:
        self.finding = Finding(judge, fault, expected, found, verdict=self.verdict)
        super().__init__(fault)


class TookTooLong(StepFailed):
    """What was waited for did not happen within its deadline."""


class NoAnswer(StepFailed):
    """A service can't be reached, which tells nothing about the driver."""

    verdict = Verdict.UNKNOWN


class StepEnded(ScenarioError):
    """A step failed and has been recorded; the rest of the story can't be played."""

    def __init__(self, step: Step) -> None:
        self.step = step
        fault = step.findings[0].fault if step.findings else 'failed'
        super().__init__(f'step "{step.name}": {fault}')


class NotPossible(ScenarioError):
    """The cloud lacks what the scenario needs."""


class GuestIoError(ScenarioError):
    """Writing to a disk as a guest or host does failed; the message has QEMU's words."""


class Interrupted(ScenarioError):
    """Someone asked the run to stop."""


class UnknownScenario(ScenarioError):
    """A name that is no scenario's."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f'there is no scenario {name!r}; there are: {", ".join(known)}')
