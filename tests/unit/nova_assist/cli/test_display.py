# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import os
import threading
import unittest
from collections.abc import Iterator
from contextlib import contextmanager

from nova_assist.cli.display import PlainDisplay, TerminalDisplay, display_on
from nova_assist.cli.terminal import wants_colour
from nova_assist.reports.model import Step, Verdict
from tests.unit.nova_assist.cli.fakes import FINDING
from tests.unit.nova_assist.reports import samples

_DEADLINE = 30.0


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Watched(io.StringIO):
    """Tells when a text has been written."""

    def __init__(self, awaited: str) -> None:
        super().__init__()
        self._awaited = awaited
        self.seen = threading.Event()

    def write(self, text: str) -> int:
        written = super().write(text)
        if self._awaited in text:
            self.seen.set()
        return written


@contextmanager
def environment(**values: str) -> Iterator[None]:
    before = dict(os.environ)
    for name in ('NO_COLOR', 'TERM'):
        os.environ.pop(name, None)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class ChoiceTest(unittest.TestCase):
    def test_colours_are_for_terminals_that_want_them(self) -> None:
        with environment(TERM='xterm'):
            self.assertTrue(wants_colour(Terminal()))
            self.assertFalse(wants_colour(io.StringIO()))
        with environment(TERM='dumb'):
            self.assertFalse(wants_colour(Terminal()))
        with environment(TERM='xterm', NO_COLOR='1'):
            self.assertFalse(wants_colour(Terminal()))

    def test_only_a_terminal_gets_a_live_line(self) -> None:
        with environment(TERM='xterm'):
            self.assertIsInstance(display_on(Terminal()), TerminalDisplay)
            self.assertIsInstance(display_on(io.StringIO()), PlainDisplay)


class PlainDisplayTest(unittest.TestCase):
    def test_a_step_that_lasts_is_told(self) -> None:
        stream = Watched('still at offline-chain-raw: delete the middle snapshot (')
        with PlainDisplay(stream, interval=0.01) as display:
            display.scenario_started('offline-chain-raw', 2, 3)
            display.step_started('offline-chain-raw', 'delete the middle snapshot')
            self.assertTrue(stream.seen.wait(_DEADLINE))

    def test_of_two_scenarios_at_a_time_the_one_that_lasts_is_told(self) -> None:
        stream = Watched('still at offline-chain-raw: look (')
        with PlainDisplay(stream, interval=0.01) as display:
            display.scenario_started('offline-chain-raw', 1, 2)
            display.scenario_started('extend-raw', 2, 2)
            display.step_started('offline-chain-raw', 'look')
            display.scenario_finished(samples.not_run())
            self.assertTrue(stream.seen.wait(_DEADLINE))
        after = stream.getvalue().partition('not run')[2]
        self.assertNotIn('extend-raw', after)

    def test_a_quick_step_is_not_told_and_the_end_of_its_scenario_is_counted(self) -> None:
        stream = io.StringIO()
        with PlainDisplay(stream) as display:
            display.scenario_started('offline-chain-raw', 2, 3)
            display.step_started('offline-chain-raw', 'look')
            display.step_finished('offline-chain-raw', Step('look', Verdict.PASS))
            display.scenario_finished(samples.passed())
        self.assertEqual('[1/3] offline-chain-raw  pass  1.5 s\n', stream.getvalue())

    def test_a_finding_is_told_at_once(self) -> None:
        stream = io.StringIO()
        with PlainDisplay(stream) as display:
            display.step_finished('s', Step('look', Verdict.FAIL, findings=[FINDING]))
        self.assertIn('s: look: chain: the record names a file that is gone', stream.getvalue())

    def test_what_was_not_run_says_why(self) -> None:
        stream = io.StringIO()
        with PlainDisplay(stream) as display:
            display.scenario_started('extend-raw', 1, 1)
            display.scenario_finished(samples.not_run())
        self.assertIn("not run  0.0 s  the driver can't extend", stream.getvalue())


class TerminalDisplayTest(unittest.TestCase):
    def test_the_live_line_names_the_step_and_is_taken_away(self) -> None:
        stream = Terminal()
        with environment(TERM='xterm'), TerminalDisplay(stream) as display:
            display.scenario_started('a[b]', 1, 2)
            display.scenario_started('online-chain-qcow2', 2, 2)
            display.step_started('a[b]', 'look')
            display.scenario_finished(samples.failed())
        shown = stream.getvalue()
        self.assertIn(' a[b]: look', shown)
        self.assertIn('[1/2] online-chain-qcow2  FAIL', shown)
        self.assertTrue(shown.endswith('\x1b[2K'), repr(shown[-40:]))

    def test_no_colours_where_they_are_not_wanted(self) -> None:
        stream = Terminal()
        with environment(TERM='xterm', NO_COLOR='1'), TerminalDisplay(stream) as display:
            display.tell('gone', Verdict.FAIL)
        self.assertNotIn('\x1b[31m', stream.getvalue())
        self.assertNotIn(';31m', stream.getvalue())
