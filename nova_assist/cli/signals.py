# SPDX-License-Identifier: Apache-2.0
"""Turns the first signal to stop into :class:`KeyboardInterrupt`; later ones don't cut it short.

Main functions: :func:`stop_once`, and :func:`deferred` for what has to be done whole.

The cloud's own watcher ends its processes if this process is killed, so nobody needs a second
Ctrl-C for that.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STDERR = 2


@contextlib.contextmanager
def stop_once() -> Iterator[None]:
    """Turn the first SIGINT, SIGTERM or SIGHUP into KeyboardInterrupt, answer the others."""
    stopping = False

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        if stopping:
            # Straight to the descriptor: a stream's lock may be held by what was interrupted.
            text = f'nova-assist: already stopping; kill -9 {os.getpid()} stops at once\n'
            with contextlib.suppress(OSError):
                os.write(_STDERR, text.encode())
            return
        stopping = True
        raise KeyboardInterrupt

    with _handled_by(handle):
        yield


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Hold back SIGINT, SIGTERM and SIGHUP until the end."""
    arrived: list[int] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        arrived.append(number)

    try:
        with _handled_by(handle):
            yield
    finally:
        if arrived:
            signal.raise_signal(arrived[0])


@contextlib.contextmanager
def _handled_by(handle: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    # A SIGHUP that is ignored stays so: that is what nohup is for.
    numbers = [
        number
        for number in _SIGNALS
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN
    ]
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
