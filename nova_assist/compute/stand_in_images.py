# SPDX-License-Identifier: Apache-2.0
"""The images that servers and volumes can be made of.

Main values: :data:`STAND_IN` and :data:`CONSOLE_GUEST`. How clients see them
is left to :mod:`nova_assist.compute.api.images`, what runs in their servers to
:mod:`nova_assist.compute.consoles`.
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class StandInImage:
    """An image with nothing but zeros in it."""

    id: str
    name: str


#: What any client may name as a server's image.
STAND_IN = StandInImage('6e6f2d72-6f6f-442d-a469-736b00000001', 'stand-in')
#: Has a guest run in the server, which writes to its disks and talks on its console.
CONSOLE_GUEST = StandInImage('6e6f2d72-6f6f-442d-a469-736b00000002', 'console-guest')
#: What each has in it: volumes made of it are empty, and are as large as they are asked for.
DATA = bytes(1 << 20)
IMAGES = {image.id: image for image in (STAND_IN, CONSOLE_GUEST)}
