# SPDX-License-Identifier: Apache-2.0
"""Orders in which the snapshots of a chain of any length can be deleted, each of them once.

A chain's snapshots are numbered from 0, the oldest, on. How deletions are judged is left to the
tests.
"""

from __future__ import annotations


def from_both_ends(depth: int) -> list[int]:
    """Return the oldest, the newest, the oldest but one, and so on."""
    half = (depth + 1) // 2
    return [depth - 1 - each // 2 if each % 2 else each // 2 for each in range(2 * half)][:depth]


def every_second_first(depth: int) -> list[int]:
    """Return every second from the oldest on, and then what is left."""
    return [*range(0, depth, 2), *range(1, depth, 2)]
