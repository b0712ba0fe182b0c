# SPDX-License-Identifier: Apache-2.0
"""Where a story is played: its steps, and the judges' look after each.

Main class: :class:`Stage`. What is done to volumes and servers is left to
:mod:`nova_assist.scenarios.volumes` and :mod:`nova_assist.scenarios.servers`, playing many
scenarios to :mod:`nova_assist.scenarios.runner`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from nova_assist.checks import scene
from nova_assist.checks.judging import Bench, Judgement
from nova_assist.reports.model import Finding, ScenarioResult, Step, Verdict
from nova_assist.reports.progress import Listener
from nova_assist.scenarios import settling, showing
from nova_assist.scenarios.context import Context
from nova_assist.scenarios.errors import (
    GuestIoError,
    Interrupted,
    NotPossible,
    StepEnded,
    StepFailed,
    TookTooLong,
)
from nova_assist.scenarios.guests import Guests
from nova_assist.scenarios.images import Images
from nova_assist.scenarios.servers import Servers
from nova_assist.scenarios.volumes import Volumes

#: What a driver may keep of an operation that has failed and is to be repeated: a note, no image.
_NOTE_BYTES = 4096

#: How long a process may take from its last word on a connection to its end.
_LAST_SECONDS = 1.0


class Stage:
    """One scenario while it is played."""

    def __init__(
        self,
        context: Context,
        guests: Guests,
        bench: Bench,
        ownership: scene.Ownership | None,
        listener: Listener,
        result: ScenarioResult,
    ) -> None:
        """Set the stage; what is on the share already is left alone."""
        self.context = context
        self.guests = guests
        self.servers = Servers(context, guests)
        self.volumes = Volumes(context, guests)
        self.images = Images(context)
        self.result = result
        self._bench = bench
        self._ownership = ownership
        self._listener = listener
        self._ignored = {
            share: frozenset(os.listdir(share))
            for share in (context.shares if context.seen else ())
        }

    @contextlib.contextmanager
    def step(self, name: str, *, judged: bool = True, ended: bool = True) -> Iterator[None]:
        """Play one step, then let the judges look, after a failure too: they may see its cause.

        :param judged: false for a step after which the share is known to be damaged
        :param ended: false for a step after which an operation has yet to be repeated: the driver
            may keep a note of it on the share
        :raises StepEnded: if the step fails or isn't judged as passed; it has been recorded
        :raises NotPossible: if it finds out that the scenario can't be played
        """
        step = Step(name)
        self.result.steps.append(step)
        self._listener.step_started(self.result.name, name)
        self.context.cinder_log.mark()
        self.context.compute_log.mark()
        began = time.monotonic()
        try:
            yield
        except (Interrupted, NotPossible):
            self._end(step, began, Verdict.NOT_RUN)
            raise
        except Exception as error:  # one step's end, whatever it is, must not end the run
            step.findings.append(_finding(error))
        if judged:
            self._look(step, ended=ended)
        self._excuse(step)
        verdicts = [finding.verdict for finding in step.findings]
        self._end(step, began, Verdict.worst([Verdict.PASS, *verdicts]))
        if step.findings:
            raise StepEnded(step)

    def _excuse(self, step: Step) -> None:
        """Blame nothing on the driver that was found after the end of a service."""
        ended = self._ended(step.findings) if step.findings else ''
        if ended:
            found = [dataclasses.replace(each, verdict=Verdict.UNKNOWN) for each in step.findings]
            gone = Finding('api', ended, 'a running service', 'none', verdict=Verdict.UNKNOWN)
            step.findings[:] = [gone, *found]

    def _ended(self, findings: Iterable[Finding]) -> str:
        """Return which service has ended; one that gave no answer may be about to."""
        context = self.context
        if not any(each.judge == 'api' and each.verdict is Verdict.UNKNOWN for each in findings):
            return context.ended()
        with contextlib.suppress(TookTooLong, Interrupted):
            return context.patience.wait(
                'the end of a service', lambda: context.ended() or None, _LAST_SECONDS
            )
        return ''

    def _end(self, step: Step, began: float, verdict: Verdict) -> None:
        step.seconds = time.monotonic() - began
        step.verdict = verdict
        self._listener.step_finished(self.result.name, step)

    def clean_up(self, *, hurried: bool) -> None:
        """Remove whatever is left, last in first out, as a step of its own.

        :param hurried: after a failure, when much may be stuck: don't wait long for anything
        :raises StepEnded: if something can't be removed, or files stay on the share
        """
        stopping = self.context.patience.clean_up(hurried=hurried)
        with self.step('clean up', judged=False):
            step = self.result.steps[-1]
            left: dict[str, Exception] = {}
            if stopping:
                with contextlib.suppress(StepFailed):  # what can be removed is all the same
                    settling.await_rest(self.context, self.volumes.all)
            try:
                for name, remove in self.context.made.unwind():
                    left.update(_tried(name, remove))
            finally:
                for volume in self.volumes.all:  # whose attachment could not be removed
                    self.servers.stop_writing(volume)
            if left:
                step.findings.append(_left(left, excused=stopping))
            else:
                self._look(step)

    def _look(self, step: Step, *, ended: bool = True) -> None:
        try:
            self._judge(step, ended=ended)
        except Exception as error:  # not to be able to look is a finding, unless it was one before
            finding = _finding(error)
            if finding not in step.findings:
                step.findings.append(finding)

    def _judge(self, step: Step, *, ended: bool) -> None:
        """Let the judges look while no guest writes; settled snapshots are held to what they are.

        :raises GuestIoError: if a guest's write failed since the last look
        """
        with self._quiet():
            self.guests.before_look(self.volumes.all)
            shown = showing.volumes(self.context, self.guests, self.volumes.all)
            if self.context.seen is None:
                judgement = self.guests.look(self.volumes, shown)
            else:
                judgement = Judgement.of_all(
                    self._bench.judge(self._scene(share, shown, ended=ended))
                    for share in self.context.shares
                )
        step.findings.extend(judgement.findings)
        step.chains = dict(judgement.chains)
        step.unseen = list(judgement.unseen)
        for volume in self.volumes.all:
            if volume.id in judgement.settled:
                volume.settle(judgement.settled[volume.id])
            for snapshot in volume.snapshots:
                if snapshot.id in judgement.settled:
                    snapshot.data = judgement.settled[snapshot.id]
                    snapshot.seen = True

    @contextlib.contextmanager
    def _quiet(self) -> Iterator[None]:
        """Keep all guests from writing meanwhile."""
        writers = [volume.writer for volume in self.volumes.all if volume.writer]
        with contextlib.ExitStack() as resuming:
            for writer in writers:
                resuming.callback(writer.resume)
                writer.pause()
            yield

    def _scene(self, share: Path, shown: tuple[scene.Volume, ...], *, ended: bool) -> scene.Scene:
        """Set the volumes of a share before it: a file of another one's has no place there."""
        context = self.context
        here = {volume.id for volume in self.volumes.all if context.share_of(volume) == share}
        there = tuple(volume for volume in shown if volume.id in here)
        ignored = self._ignored[share] | (frozenset() if ended else _notes(share))
        made = None if context.alone else frozenset(self.volumes.made)
        return scene.Scene(share, there, self._ownership, ignored, made, context.judge)


def _notes(share: Path) -> frozenset[str]:
    return frozenset(each.name for each in share.iterdir() if _is_note(each))


def _is_note(path: Path) -> bool:
    try:
        return path.stat().st_size <= _NOTE_BYTES
    except FileNotFoundError:  # gone since it was seen
        return False


def _tried(name: str, remove: Callable[[], None]) -> dict[str, Exception]:
    """Return nothing, or the name of what could not be removed and why."""
    try:
        remove()
    except (StepFailed, GuestIoError) as error:
        return {name: error}
    return {}


def _left(left: Mapping[str, Exception], *, excused: bool) -> Finding:
    """Return one finding for all that is left: what is last in the way of the others is first.

    :param excused: what was under way when the run was stopped may not be removable yet
    """
    name, error = next(iter(left.items()))
    others = f' (nor could: {", ".join(list(left)[1:])})' if len(left) > 1 else ''
    return Finding(
        'api',
        f'{name} could not be removed{others}: {error}',
        'removed',
        f'{len(left)} left behind',
        verdict=Verdict.UNKNOWN
        if excused
        else Verdict.worst(_finding(each).verdict for each in left.values()),
    )


def _finding(error: Exception) -> Finding:
    """Return what ended a step as a finding; what isn't foreseen leaves the verdict unknown."""
    if isinstance(error, StepFailed):
        return error.finding
    if isinstance(error, GuestIoError):
        return Finding(
            'data', f"the guest's disk failed: {error}", 'a disk that works', str(error)
        )
    return Finding(
        'api',
        f'the step crashed: {type(error).__name__}: {error}',
        'a judgement',
        repr(error),
        verdict=Verdict.UNKNOWN,
    )
