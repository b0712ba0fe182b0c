# SPDX-License-Identifier: Apache-2.0
"""Shows on stderr how far something has come, if it takes long. Main class: :class:`Meter`."""

from __future__ import annotations

import time
from typing import TextIO

from nova_assist.cli.shown import Shown
from nova_assist.cli.terminal import is_live

_SILENT_SECONDS = 2.0
_LIVE_SECONDS = 0.2
_PLAIN_SECONDS = 10.0


class Meter(Shown):
    """A line that is drawn again on a terminal, a new line now and then elsewhere.

    :param what: what is counted, such as ``volumes checked``
    :param silent: seconds in which nothing is shown
    """

    def __init__(self, stream: TextIO, what: str, silent: float = _SILENT_SECONDS) -> None:
        self._stream = stream
        self._what = what
        self._live = is_live(stream)
        self._due = time.monotonic() + silent
        self._drawn = False

    def show(self, done: int, total: int) -> None:
        """Show that so many of so many are done, if it is time."""
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + (_LIVE_SECONDS if self._live else _PLAIN_SECONDS)
        words = f'{done} of {total} {self._what}'
        self._stream.write(f'\r{words}\x1b[K' if self._live else f'{words}\n')
        self._stream.flush()
        self._drawn = True

    def close(self) -> None:
        """Take the line away."""
        if self._drawn and self._live:
            self._stream.write('\r\x1b[K')
            self._stream.flush()
            self._drawn = False
