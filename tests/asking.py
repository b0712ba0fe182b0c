# SPDX-License-Identifier: Apache-2.0
"""What stories ask of a Cinder and a Nova, each waited for; main class: :class:`Asking`."""

from __future__ import annotations

import abc
from typing import Any


class Asking(abc.ABC):
    """Asks for volumes, servers and snapshots, as users do.

    :param cinder: an administrator's client.
    :param nova: likewise.
    :param volume_type: the name of the volumes' type.
    """

    def __init__(self, cinder: Any, nova: Any, volume_type: str) -> None:
        self.cinder = cinder
        self.nova = nova
        self._volume_type = volume_type

    @abc.abstractmethod
    def await_status(self, manager: Any, thing: Any, wanted: str | None) -> None:
        """Wait for a status, ``None`` for the thing to be gone; raises if it does not come."""

    def make(self, gib: int, **of: str) -> Any:
        """Make a volume of so many GiB, ``of`` something if that is named."""
        volume = self.cinder.volumes.create(gib, volume_type=self._volume_type, **of)
        self.await_status(self.cinder.volumes, volume, 'available')
        return volume

    def start(self, name: str, image: str, flavor: str) -> Any:
        """Have a server started, without a network."""
        server = self.nova.servers.create(name, image, flavor, nics='none')
        self.await_status(self.nova.servers, server, 'ACTIVE')
        return server

    def connect(self, server: Any, volume: Any) -> None:
        """Attach a volume."""
        self.nova.volumes.create_server_volume(server.id, volume.id)
        self.await_status(self.cinder.volumes, volume, 'in-use')

    def disconnect(self, server: Any, volume: Any) -> None:
        """Detach a volume."""
        self.nova.volumes.delete_server_volume(server.id, volume.id)
        self.await_status(self.cinder.volumes, volume, 'available')

    def request(self, volume: Any) -> Any:
        """Ask for a snapshot, and don't wait."""
        return self.cinder.volume_snapshots.create(volume.id, force=True)

    def take(self, volume: Any) -> Any:
        """Take a snapshot."""
        snapshot = self.request(volume)
        self.await_status(self.cinder.volume_snapshots, snapshot, 'available')
        return snapshot

    def drop(self, snapshot: Any) -> None:
        """Delete a snapshot."""
        self.delete(self.cinder.volume_snapshots, snapshot)

    def delete(self, manager: Any, thing: Any) -> None:
        """Delete something that one of a client's managers knows."""
        thing.delete()
        self.await_status(manager, thing, None)
