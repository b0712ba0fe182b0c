# SPDX-License-Identifier: Apache-2.0
"""Waiting for what a cloud does by itself: the only place that looks more than once.

Main function: :func:`until`. What to look at is left to the callers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from tempest.lib import exceptions

from tempest_plugin import errors

T = TypeVar('T')


def until(
    what: str, look: Callable[[], T], arrived: Callable[[T], bool], *, seconds: float, pause: float
) -> T:
    """Look again and again, and return the first that has arrived.

    :param what: what is waited for, to be told if it doesn't come
    :param look: raises what makes waiting pointless
    :raises TimeoutException: it hasn't come; the message tells the last that was seen
    """
    # The clock of the day may be set while a test waits.
    deadline = time.monotonic() + seconds
    while not arrived(seen := look()):
        left = deadline - time.monotonic()
        if left <= 0:
            raise exceptions.TimeoutException(
                f'{what} has not come within {seconds} seconds; last seen: {seen!r}'
            )
        time.sleep(min(pause, left))
    return seen


def let_pass(seconds: float) -> None:
    """Wait for what no API shows; the caller says what that is."""
    time.sleep(seconds)


def for_status(
    client: Any,
    show: Callable[[str], Any],
    ident: str,
    wanted: str,
    *,
    given_up: Collection[str] = (),
    key: str = 'status',
) -> dict[str, Any]:
    """Wait for the status of a server, volume or snapshot, and return what it then looks like.

    :param show: the client's call, whose answer has the resource as its only value
    :param given_up: statuses from which it will not come; any with ``error`` is one unless wanted
    :raises WentWrong: it is in a status from which it will not come
    """

    def look() -> dict[str, Any]:
        (found,) = show(ident).values()
        status = found[key]
        if status != wanted and (status in given_up or 'error' in status.lower()):
            raise errors.WentWrong(
                f'{ident} has come to {key} {status!r} where {wanted!r} was expected: {found}'
            )
        return dict(found)

    return until(
        f'{key} {wanted!r} of {ident}',
        look,
        lambda found: bool(found[key] == wanted),
        seconds=client.build_timeout,
        pause=client.build_interval,
    )


def until_gone(client: Any, show: Callable[[str], Any], ident: str) -> None:
    """Wait until a server, volume or snapshot that is being deleted is not there any more.

    :raises WentWrong: its deletion has failed
    """

    def look() -> str | None:
        try:
            (found,) = show(ident).values()
        except exceptions.NotFound:
            return None
        if found['status'] == 'error_deleting':
            raise errors.WentWrong(
                f'{ident} was to be deleted, but is {found["status"]!r}: {found}'
            )
        return str(found['status'])

    until(
        f'the end of {ident}',
        look,
        lambda status: status is None,
        seconds=client.build_timeout,
        pause=client.build_interval,
    )
