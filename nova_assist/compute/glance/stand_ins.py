# SPDX-License-Identifier: Apache-2.0
"""The images that every cloud has from the start.

Main values: :data:`STAND_IN` and :data:`CONSOLE_GUEST`. What runs in their servers is left to
:mod:`nova_assist.compute.consoles`.
"""

from __future__ import annotations

import dataclasses

import console_guest
from nova_assist.compute.glance.data import Receiver
from nova_assist.compute.glance.model import Image, Status, Visibility
from nova_assist.compute.glance.store import ImageStore

#: What each has in it: nothing but zeros, so that volumes made of it are empty.
SIZE = 1 << 20
_CREATED = '2026-01-01T00:00:00Z'


@dataclasses.dataclass(frozen=True)
class StandInImage:
    """An image with nothing but zeros in it."""

    id: str
    name: str


#: What any client may name as a server's image.
STAND_IN = StandInImage('6e6f2d72-6f6f-442d-a469-736b00000001', 'stand-in')
#: Has a guest run in the server, which writes to its disks and talks on its console.
CONSOLE_GUEST = StandInImage('6e6f2d72-6f6f-442d-a469-736b00000002', console_guest.IMAGE)


def provide(store: ImageStore) -> None:
    """Make those that aren't there."""
    for each in (STAND_IN, CONSOLE_GUEST):
        if store.find(each.id) is None:
            with Receiver(store.data(each.id)) as receiver:
                receiver.write(bytes(SIZE))
                content = receiver.finish('raw')
            image = Image(
                each.id,
                None,
                _CREATED,
                _CREATED,
                name=each.name,
                status=Status.ACTIVE,
                visibility=Visibility.PUBLIC,
                protected=True,
                disk_format='raw',
                container_format='bare',
                content=content,
            )
            store.add(image)
