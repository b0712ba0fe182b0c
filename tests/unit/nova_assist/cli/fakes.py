# SPDX-License-Identifier: Apache-2.0
"""A harness without a cloud: its scenarios end as the test says."""

from __future__ import annotations

import contextlib
import dataclasses
import io
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path

from nova_assist.cli.harness import Wanted
from nova_assist.cli.main import main
from nova_assist.cli.target import Target
from nova_assist.reports.model import Finding, ScenarioResult, Step, Verdict
from nova_assist.reports.progress import Listener

FINDING = Finding('chain', 'the record names a file that is gone', 'a file', 'none', ('v.info',))


@dataclasses.dataclass(frozen=True)
class Info:
    name: str
    description: str = 'does something'
    slow: str = ''


def nothing() -> None:
    """Happen not at all."""


@dataclasses.dataclass
class FakeHarness:
    """``verdicts`` says how each scenario ends; the ``on_...`` calls are made at that moment."""

    verdicts: Mapping[str, Verdict] = dataclasses.field(
        default_factory=lambda: {'alpha-raw': Verdict.PASS, 'beta-qcow2': Verdict.PASS}
    )
    on_start: Callable[[Path], None] = lambda folder: None
    on_step: Callable[[], None] = nothing
    on_stop: Callable[[], None] = nothing
    on_wait: Callable[[], None] = nothing
    on_check: Callable[[], None] = nothing
    reason: str = 'because'
    found: str = FINDING.found
    slow: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    opened: list[tuple[Path, Target]] = dataclasses.field(default_factory=list)
    seeds: list[int] = dataclasses.field(default_factory=list)

    def scenarios(self) -> Sequence[Info]:
        return [Info(name, slow=self._slow(name)) for name in self.verdicts]

    def _slow(self, name: str) -> str:
        return 'it reads a lot' if name in self.slow else ''

    def named(self, name: str) -> Sequence[Info]:
        return [
            Info(known, slow=self._slow(known))
            for known in self.verdicts
            if name in (known, known.split('-')[0])
        ]

    @contextlib.contextmanager
    def open(self, folder: Path, target: Target, keep: bool) -> Iterator[FakeSession]:
        self.opened.append((folder, target))
        (folder / 'log').mkdir()
        (folder / 'log' / 'cinder.log').write_text('what Cinder says\n')
        self.on_start(folder)
        try:
            yield FakeSession(self)
        finally:
            self.on_stop()


@dataclasses.dataclass
class FakeSession:
    harness: FakeHarness

    def versions(self) -> Mapping[str, str]:
        return {'cinder': '28.0.0'}

    def cloud(self) -> Mapping[str, str]:
        return {}

    def accounts(self) -> Mapping[str, str]:
        return {'cinder': 'cinder (uid 64061)'} if self.harness.opened[-1][1].secure else {}

    def environment(self) -> Mapping[str, str]:
        return {'OS_TOKEN': 'admin:demo', 'OS_ENDPOINT': "http://it's"}

    def check(self) -> None:
        self.harness.on_check()

    def wait(self) -> None:
        self.harness.on_wait()

    def judge(self, wanted: Wanted) -> Generator[ScenarioResult, None, None]:
        self.harness.seeds.append(wanted.seed)
        for index, name in enumerate(wanted.names, 1):
            if name in self.harness.silent:
                continue
            wanted.listener.scenario_started(name, index, len(wanted.names))
            result = self._result(name, wanted.listener, wanted.repeat(name))
            wanted.listener.scenario_finished(result)
            yield result

    def _result(self, name: str, listener: Listener, repeat: str) -> ScenarioResult:
        verdict = self.harness.verdicts[name]
        reason = self.harness.reason.format(self.harness.opened[-1][0])
        result = ScenarioResult(name, verdict, 0.5, reason, repeat)
        if verdict is Verdict.NOT_RUN:
            return result
        for words in ('first', 'second'):
            listener.step_started(name, words)
            if words == 'second':
                self.harness.on_step()
            step = Step(words, Verdict.PASS, 0.1)
            if words == 'second' and verdict is not Verdict.PASS:
                step = Step(words, verdict, 0.1, [self._finding(verdict)])
            result.steps.append(step)
            listener.step_finished(name, step)
        return result

    def _finding(self, verdict: Verdict) -> Finding:
        found = self.harness.found.format(self.harness.opened[-1][0])
        return dataclasses.replace(FINDING, found=found, verdict=verdict)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a caller sees of a command."""

    code: int
    stdout: str
    stderr: str


def call(*words: str, harness: FakeHarness | None = None) -> Outcome:
    """Carry out a command line in this process."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        code = main(words, harness or FakeHarness())
    return Outcome(code, stdout.getvalue(), stderr.getvalue())
