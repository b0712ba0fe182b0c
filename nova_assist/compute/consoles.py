# SPDX-License-Identifier: Apache-2.0
"""Which server has a guest that talks, and where what it says is kept.

Main class: :class:`Consoles`. What a guest does is left to
:mod:`nova_assist.compute.inside.system`.
"""

from __future__ import annotations

import pathlib

from nova_assist.compute.glance.stand_ins import CONSOLE_GUEST
from nova_assist.compute.inside.console import Console
from nova_assist.compute.inside.system import ConsoleGuest, System
from nova_assist.compute.model import Server


class Consoles:
    """The console logs of all servers.

    :param folder: where they are; made if it isn't there.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def of(self, server: Server) -> Console:
        """Return a server's console log."""
        return Console(self._folder / f'{server.id}.log')

    def system(self, server: Server) -> System:
        """Return what runs in a server."""
        if CONSOLE_GUEST.id in (server.image_id, server.root_image_id):
            return ConsoleGuest(self.of(server))
        return System()
