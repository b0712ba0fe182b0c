# SPDX-License-Identifier: Apache-2.0
"""A story: what a scenario does, told once for raw and for qcow2 volumes.

Main class: :class:`Story`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from nova_assist.scenarios.stage import Stage


@dataclasses.dataclass(frozen=True)
class Story:
    """A story's name, one line about it, and the function that plays it.

    :ivar slow: why it is played only if it is asked for; empty if it always is
    """

    name: str
    description: str
    play: Callable[[Stage], None]
    slow: str = ''
