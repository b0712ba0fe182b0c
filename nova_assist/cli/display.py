# SPDX-License-Identifier: Apache-2.0
"""Shows on stderr what a run is doing: a live line on a terminal, plain lines elsewhere.

Main class: :class:`Display`, of which :class:`TerminalDisplay` and :class:`PlainDisplay` are the
two kinds. The report at the end is left to :mod:`nova_assist.reports`.
"""

from __future__ import annotations

import abc
import dataclasses
import textwrap
import threading
import time
from typing import TextIO

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from nova_assist.cli.shown import Shown
from nova_assist.cli.terminal import is_live
from nova_assist.reports.model import ScenarioResult, Step, Verdict
from nova_assist.reports.text import STYLES
from nova_assist.reports.visible import visible
from nova_assist.reports.wording import VERDICTS, finding_line, first_fault

_HEARTBEAT_SECONDS = 10.0
_LONGEST_LINE = 200


def display_on(stream: TextIO) -> Display:
    """Return the kind of display that suits ``stream``."""
    return TerminalDisplay(stream) if is_live(stream) else PlainDisplay(stream)


class Display(Shown):
    """A listener that tells a person; once it is closed, lines may still be told."""

    def __init__(self) -> None:
        self._finished = 0
        self._total = 0

    @abc.abstractmethod
    def tell(self, text: str, verdict: Verdict | None = None) -> None:
        """Print a line that stays."""

    @abc.abstractmethod
    def working(self, text: str, about: str = '') -> None:
        """Show what is being done from now on about one of several things."""

    @abc.abstractmethod
    def idle(self, about: str = '') -> None:
        """Show that nothing is being done about it any more."""

    def scenario_started(self, name: str, index: int, total: int) -> None:
        """Show that a scenario begins."""
        self._total = total
        self.working(name, name)

    def step_started(self, scenario: str, step: str) -> None:
        """Show the step."""
        self.working(f'{scenario}: {step}', scenario)

    def step_finished(self, scenario: str, step: Step) -> None:
        """Print each finding at once: a person may want to stop there."""
        for finding in step.findings:
            line = f'{scenario}: {step.name}: {finding_line(finding)}'
            self.tell(f'    {textwrap.shorten(line, _LONGEST_LINE)}', finding.verdict)

    def scenario_finished(self, result: ScenarioResult) -> None:
        """Print how the scenario ended."""
        self.idle(result.name)
        self._finished += 1
        place = f'[{self._finished}/{self._total}]'
        words = f'{place} {result.name}  {VERDICTS[result.verdict]}  {result.seconds:.1f} s'
        if result.verdict is Verdict.NOT_RUN:
            words = f'{words}  {first_fault(result)}'
        self.tell(words, result.verdict)


class TerminalDisplay(Display):
    """What is being done and for how long, a live line each, below the lines that stay."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._console = Console(
            file=stream, markup=False, highlight=False, emoji=False, legacy_windows=False
        )
        self._progress = Progress(
            SpinnerColumn('line'),
            TextColumn('{task.description}', markup=False),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def tell(self, text: str, verdict: Verdict | None = None) -> None:
        """Print a line above the live ones."""
        style = '' if verdict is None else STYLES[verdict]
        self._console.print(Text(visible(text), style=style), soft_wrap=True)

    def working(self, text: str, about: str = '') -> None:
        """Show ``text`` on a live line, its clock from zero."""
        if about in self._tasks:
            self._progress.reset(self._tasks[about], description=visible(text))
        else:
            self._tasks[about] = self._progress.add_task(visible(text), total=None)
        self._progress.start()

    def idle(self, about: str = '') -> None:
        """Take its live line away."""
        if about in self._tasks:
            self._progress.remove_task(self._tasks.pop(about))
            self._progress.refresh()

    def close(self) -> None:
        """Take the live lines away."""
        self._progress.stop()


@dataclasses.dataclass
class _Work:
    """Something being done since ``begun``, to be told of when it is ``due``; monotonic times."""

    text: str
    begun: float
    due: float


class PlainDisplay(Display):
    """A line for each scenario, and one every ``interval`` seconds while a step lasts."""

    def __init__(self, stream: TextIO, interval: float = _HEARTBEAT_SECONDS) -> None:
        super().__init__()
        self._stream = stream
        self._interval = interval
        self._changed = threading.Condition()
        self._works: dict[str, _Work] = {}
        self._closed = False
        self._thread: threading.Thread | None = None

    def tell(self, text: str, verdict: Verdict | None = None) -> None:
        """Print the line."""
        self._stream.write(f'{visible(text)}\n')
        self._stream.flush()

    def working(self, text: str, about: str = '') -> None:
        """Remember ``text``, which is told if it lasts."""
        now = time.monotonic()
        with self._changed:
            self._works[about] = _Work(text, now, now + self._interval)
            self._changed.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._beat, daemon=True)
            self._thread.start()

    def idle(self, about: str = '') -> None:
        """Forget what was being done about it."""
        with self._changed:
            self._works.pop(about, None)

    def close(self) -> None:
        """Tell nothing more by itself."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _beat(self) -> None:
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                for work in self._works.values():
                    if work.due <= now:
                        self.tell(f'    still at {work.text} ({now - work.begun:.0f} s)')
                        work.due = now + self._interval
                due = min((work.due for work in self._works.values()), default=None)
                self._changed.wait(None if due is None else due - now)
