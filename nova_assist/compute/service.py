# SPDX-License-Identifier: Apache-2.0
"""The compute service put together.

Main class: :class:`Compute`, which the REST front is given.
"""

from __future__ import annotations

import pathlib

from nova_assist.compute import storage_daemon
from nova_assist.compute.actions import Actions
from nova_assist.compute.attachments import Attachments
from nova_assist.compute.background import Background
from nova_assist.compute.booting import Booting
from nova_assist.compute.cinder import Cinder
from nova_assist.compute.consoles import Consoles
from nova_assist.compute.credentials import Credentials
from nova_assist.compute.extending import Extending
from nova_assist.compute.faults import Faults
from nova_assist.compute.glance import stand_ins
from nova_assist.compute.glance.store import ImageStore
from nova_assist.compute.keypairs import Keypairs
from nova_assist.compute.keys import KeyManager
from nova_assist.compute.misbehaving import MisbehavingSnapshots
from nova_assist.compute.resting import Resting
from nova_assist.compute.run_folder import RunFolder
from nova_assist.compute.servers import Servers
from nova_assist.compute.shares import Shares
from nova_assist.compute.store import ServerStore


class Compute:
    """All parts of the service, which share one store and one hypervisor.

    :param folder: where the service keeps its state; made if it isn't there.
    :param cinder_url: Cinder's API, up to ``/v3``.
    :param credentials: what Cinder believes us by.
    :param shares: where the files of volumes are.
    :param keys: what opens those that are encrypted.
    :raises StartError: a program of QEMU is missing.
    :raises StateError: the folder holds a damaged record.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        cinder_url: str,
        credentials: Credentials,
        shares: Shares,
        keys: KeyManager,
    ) -> None:
        storage_daemon.require_programs()
        folder.mkdir(parents=True, exist_ok=True)
        self.store = ServerStore(folder / 'servers')
        self.cinder = Cinder(cinder_url, credentials)
        self.background = Background()
        self.attachments = Attachments(self.store, self.cinder, shares, keys)
        self.booting = Booting(self.cinder, self.attachments)
        self.faults = Faults()
        self.assisted = MisbehavingSnapshots(
            self.store, self.cinder, self.attachments, self.faults
        )
        self.extending = Extending(self.cinder, self.attachments, self.faults)
        self.images = ImageStore(folder / 'images')
        stand_ins.provide(self.images)
        self.keypairs = Keypairs(folder / 'keypairs.json')
        self.actions = Actions(self.store)
        self.consoles = Consoles(folder / 'consoles')
        self.servers = Servers(
            self.store, self.attachments, RunFolder(folder), self.background, self.consoles
        )
        self.resting = Resting(self.servers, self.attachments, self.background)

    async def start(self) -> None:
        """Find the guests again that an earlier process left running."""
        await self.servers.recover()

    async def stop(self) -> None:
        """Drop all work under way and let go of the guests, which run on."""
        await self.background.cancel()
        await self.servers.release()
