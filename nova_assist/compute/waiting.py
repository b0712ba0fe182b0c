# SPDX-License-Identifier: Apache-2.0
"""The wait for another service, with a deadline on the monotonic clock.

Main function: :func:`look_until`. What is looked at, and what is made of it, is the caller's.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

#: How long another service may take, and how often it is looked at, in seconds.
PATIENCE = 180.0
_INTERVAL = 0.5

T = TypeVar('T')


async def look_until(look: Callable[[], Awaitable[T]], settled: Callable[[T], bool]) -> T:
    """Look again and again until what is seen has settled or patience is at an end.

    :returns: what was seen last.
    """
    deadline = time.monotonic() + PATIENCE
    while not settled(seen := await look()) and time.monotonic() < deadline:
        await asyncio.sleep(_INTERVAL)
    return seen
