# SPDX-License-Identifier: Apache-2.0
"""Is what a guest finds on a disk what has to be there?

Main function: :func:`require`. Pure.
"""

from __future__ import annotations

from console_guest.protocol import Found
from nova_assist.checks.model import Expectation, Within
from nova_assist.checks.records import counted
from nova_assist.scenarios.errors import StepFailed


def require(name: str, found: Found, expected: Expectation) -> None:
    """Compare what a guest has found on a volume with what may be there.

    :param name: of the volume
    :raises StepFailed: if it is something else
    """
    low, high = _bounds(expected)
    if found.bad:
        fault = f'the guest finds {found.bad} blocks on volume {name} that are not its records'
        raise StepFailed(fault, 'records alone', f'{found.bad} bad blocks', 'data')
    if not low <= found.records <= high:
        wanted = str(low) if low == high else f'{low} to {high}'
        what = (
            f'{low - found.records} are lost'
            if found.records < low
            else f'{found.records - high} come from another time'
        )
        raise StepFailed(
            f'the guest finds {found.records} records on volume {name}, expected {wanted}: {what}',
            f'{wanted} records',
            f'{found.records} records',
            'data',
        )


def _bounds(expected: Expectation) -> tuple[int, int]:
    """Return how many records there are at least and at most."""
    if isinstance(expected, Within):
        return counted(expected.low), counted(expected.high)
    last = max((write.sequence for write in expected.blocks.values()), default=0)
    return counted(last), counted(last)
