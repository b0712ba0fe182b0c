# SPDX-License-Identifier: Apache-2.0
"""A story: what a scenario does, told once for volumes of each format.

Main class: :class:`Story`; the formats are :data:`FORMATS`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from nova_assist.scenarios.stage import Stage

FORMATS = ('raw', 'qcow2')


@dataclasses.dataclass(frozen=True)
class Story:
    """A story's name, one line about it, and the function that plays it.

    :ivar slow: why it is played only if it is asked for; empty if it always is
    :ivar moves: whether its volumes go to the backends of the other formats, too
    :ivar alone: whether nothing else may be played meanwhile in the same cloud
    """

    name: str
    description: str
    play: Callable[[Stage], None]
    slow: str = ''
    moves: bool = False
    alone: bool = False
