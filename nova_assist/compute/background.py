# SPDX-License-Identifier: Apache-2.0
"""Work that goes on after a request was answered.

Main class: :class:`Background`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine

from nova_assist.compute import errors

LOG = logging.getLogger(__name__)


class Background:
    """Runs coroutines on their own; what they raise goes to the log."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, what: str, work: Coroutine[None, None, None]) -> None:
        """Run *work*; *what* names it in the log."""
        task = asyncio.create_task(_logged(what, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def cancel(self) -> None:
        """Drop all work under way, as the end of a process does."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _logged(what: str, work: Coroutine[None, None, None]) -> None:
    LOG.info('%s: begun', what)
    try:
        await work
    except errors.ComputeError as error:
        LOG.error('%s: %s', what, error)
    except Exception:
        LOG.exception('%s: unexpected error', what)
    else:
        LOG.info('%s: done', what)
