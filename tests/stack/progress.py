# SPDX-License-Identifier: Apache-2.0
"""Tells what is done, how long it took, and how much memory it needed.

Main classes: :class:`Progress`, a line per step, and :class:`MemoryMeter`.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator

import psutil


class Progress:
    """Prints a line when each step ends, and adds up their times by part."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._parts: dict[str, float] = {}

    @contextlib.contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count the time inside as a part's."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._parts[name] = self._parts.get(name, 0.0) + time.monotonic() - began

    @contextlib.contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Tell how long the inside took, and whether it failed."""
        began = time.monotonic()
        verdict = 'FAILED'
        try:
            yield
            verdict = ''
        finally:
            now = time.monotonic()
            line = f'[{now - self._began:6.1f} s] {now - began:6.1f} s  {what} {verdict}'
            print(line.rstrip(), flush=True)

    def split(self) -> str:
        """Return the parts and their seconds."""
        parts = [f'{name} {seconds:.0f} s' for name, seconds in self._parts.items()]
        return ', '.join([*parts, f'{time.monotonic() - self._began:.0f} s in all'])


class MemoryMeter:
    """Looks from time to time how much memory some processes have, what they share counted once.

    :param processes: returns their ids.
    :ivar peak: the most seen, in bytes.
    """

    _EVERY_SECONDS = 5.0

    def __init__(self, processes: Callable[[], Iterable[int]]) -> None:
        self._processes = processes
        self._ended = threading.Event()
        self.peak = 0

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Look inside."""
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._EVERY_SECONDS):
            self.peak = max(self.peak, sum(map(_proportional, self._processes())))


def _proportional(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_full_info().pss)
    except psutil.Error:
        return 0
