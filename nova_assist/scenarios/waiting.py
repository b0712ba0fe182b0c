# SPDX-License-Identifier: Apache-2.0
"""The one place where scenarios wait for something to happen.

Main class: :class:`Patience`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from nova_assist.scenarios.errors import Interrupted, TookTooLong

#: How long one operation may take before the step has failed, and how long a clean-up may take
#: once it has; in seconds.
OPERATION_SECONDS = 120.0
HURRIED_SECONDS = 20.0

#: Seconds between two looks.
_INTERVAL = 0.03

Result = TypeVar('Result')


class Patience:
    """Waits by asking again and again, with a deadline, until the run is being stopped."""

    def __init__(
        self,
        stop: threading.Event,
        *,
        seconds: float = OPERATION_SECONDS,
        hurried_seconds: float = HURRIED_SECONDS,
        interval: float = _INTERVAL,
        tidy: bool = False,
    ) -> None:
        """Take the event that is set when the run is being stopped.

        :param seconds: how long one operation may take
        :param hurried_seconds: likewise in a hurry
        :param interval: how long to wait between two looks
        :param tidy: clean up to the end even if the run is being stopped, for the cloud stays
        """
        self._stop = stop
        self.seconds = seconds
        self._hurried_seconds = hurried_seconds
        self._interval = interval
        self._tidy = tidy

    def clean_up(self, *, hurried: bool) -> bool:
        """Wait for the ends of removals from now on.

        :param hurried: wait long for nothing, as much may be stuck
        :returns: whether the run is being stopped, in the middle of something
        """
        stopping = self._stop.is_set()
        if hurried or stopping:
            self.seconds = self._hurried_seconds
        if self._tidy:
            self._stop = threading.Event()
        return stopping

    def wait(
        self, what: str, probe: Callable[[], Result | None], seconds: float | None = None
    ) -> Result:
        """Call ``probe`` until it returns something, and return that.

        :param what: what is waited for, as the message about its not coming has it
        :param seconds: how long to wait, if not :attr:`seconds`
        :raises TookTooLong: if nothing came by then
        :raises Interrupted: if the run is being stopped
        """
        allowed = self.seconds if seconds is None else seconds
        deadline = time.monotonic() + allowed
        while True:
            found = probe()
            if found is not None:
                return found
            if time.monotonic() > deadline:
                raise TookTooLong(f'{what} did not happen within {allowed:.0f} s', what, 'nothing')
            if self._stop.wait(self._interval):
                raise Interrupted(f'stopped while waiting: {what}')
