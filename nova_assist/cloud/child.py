# SPDX-License-Identifier: Apache-2.0
"""A child's end of what :mod:`nova_assist.cloud.service` expects of a service's process.

Main class: :class:`Channel`, on which it says one line. :func:`starting` makes a start shorter.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import sys
from collections.abc import Iterator
from typing import NoReturn


class Channel:
    """The process's standard output, kept for us: what others print there goes to the log."""

    def __init__(self) -> None:
        self._output = os.fdopen(os.dup(1), 'w')
        os.dup2(2, 1)

    def ready(self, url: str) -> None:
        """Say that the service listens."""
        self._say(f'ready {url}')

    def error(self, message: str) -> None:
        """Say why it can't start, on one line."""
        self._say(f'error {" ".join(message.split())}')

    def _say(self, line: str) -> None:
        """Tell the supervisor; it may have gone."""
        with contextlib.suppress(BrokenPipeError):
            self._output.write(f'{line}\n')
            self._output.flush()


@contextlib.contextmanager
def starting() -> Iterator[None]:
    """Look for no garbage while a service starts, which would take a quarter of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def leave(code: int) -> NoReturn:
    """End at once: taking the interpreter down in order costs a second, for nothing."""
    logging.shutdown()
    sys.stderr.flush()
    os._exit(code)
