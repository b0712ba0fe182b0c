# SPDX-License-Identifier: Apache-2.0
"""What is noted of each call, as values; main class: :class:`Exchange`."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any


class Party(enum.Enum):
    """The two who talk."""

    CINDER = 'cinder'
    NOVA = 'nova'


@dataclasses.dataclass
class Exchange:
    """A request, and its answer once there is one.

    :ivar caller: who asks; the other one answers.
    :ivar path: the URL's, from behind the API's version and the project.
    :ivar version: the microversion asked for; ``None`` if none is.
    :ivar as_service: whether the caller proves to be a service, beside whose request it is.
    :ivar files: what lies on the share as the request arrives, by name: what the caller has left
        there. ``None`` where nothing is asked to be done.
    :ivar status: the answer's; ``None`` while there is none.
    """

    caller: Party
    method: str
    path: str
    query: Mapping[str, Any]
    version: str | None
    as_service: bool
    body: Any
    files: Mapping[str, Any] | None
    status: int | None = None
    answer: Any = None
