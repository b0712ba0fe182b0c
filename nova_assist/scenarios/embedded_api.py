# SPDX-License-Identifier: Apache-2.0
"""What the embedded compute service tells and does beyond Nova's API; :class:`EmbeddedApi`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nova_assist.checks.reader import ImageSource
from nova_assist.checks.scene import GuestDisk
from nova_assist.scenarios.image_service import ImageService
from nova_assist.scenarios.rest import Api
from nova_assist.scenarios.statuses import SNAPSHOTS, VOLUMES, Statuses

_TIMEOUT = 30.0

#: How long a guest's requests wait for a disk that is gone, in seconds.
_RECONNECT_SECONDS = 30


@dataclasses.dataclass(frozen=True)
class FaultState:
    """How far a volume's fault has come: requests that met it, are held by it, have not ended."""

    name: str
    met: int
    held: int
    under_way: int


class EmbeddedApi(Api):
    """The services of the embedded cloud."""

    def __init__(
        self, cinder: Any, nova: Any, compute_url: str, database: Path | None = None
    ) -> None:
        """Take the two clients and any URL of the compute service.

        :param database: Cinder's, which tells when it is worth asking for a status again
        """
        parts = urlsplit(compute_url)
        self._compute = f'{parts.scheme}://{parts.netloc}'
        super().__init__(
            cinder, nova, ImageService(nova.client.session, f'{self._compute}/image/v2')
        )
        self._statuses = Statuses(database) if database else None

    def volume_status(self, volume_id: str) -> str | None:
        """Return the volume's status, or ``None`` if there is no such volume."""
        return self._status(VOLUMES, volume_id, super().volume_status)

    def snapshot_status(self, snapshot_id: str) -> str | None:
        """Return the snapshot's status, or ``None`` if there is no such snapshot."""
        return self._status(SNAPSHOTS, snapshot_id, super().snapshot_status)

    def _status(self, table: str, row_id: str, ask: Callable[[str], str | None]) -> str | None:
        if self._statuses is None:
            return ask(row_id)
        return self._statuses.get(table, row_id, lambda: ask(row_id))

    def disks(self, server_id: str, *shares: Path) -> dict[str, GuestDisk]:
        """Return what the running server has open, by volume id; nothing for one shut off.

        :param shares: the folders to which the names of the guest's files are relative
        """
        return {disk['volume_id']: _guest_disk(disk, shares) for disk in self._disks(server_id)}

    def disk_size(self, server_id: str, volume_id: str) -> int | None:
        """Return how many bytes the running server's disk has, None if there is no such disk."""
        sizes = {disk['volume_id']: disk['size'] for disk in self._disks(server_id)}
        return sizes.get(volume_id)

    def is_refreshed(self, server_id: str, volume_id: str) -> bool:
        """Tell whether a server's next start opens the file that Cinder's attachment names."""
        told = {attachment.file for attachment in self.attachments().get(volume_id, [])}
        known = {
            disk['connection']['name']
            for disk in self._disks(server_id)
            if disk['volume_id'] == volume_id
        }
        return known == told

    def _disks(self, server_id: str) -> list[dict[str, Any]]:
        answer = self.nova.client.session.get(
            f'{self._compute}/assist/servers/{server_id}/disks', timeout=_TIMEOUT
        )
        found: list[dict[str, Any]] = answer.json()['disks']
        return found

    def set_fault(self, volume_id: str, fault: str, times: int) -> None:
        """Have the next requests to the embedded compute service for a volume meet a fault."""
        self.nova.client.session.put(
            self._fault_url(volume_id), json={'fault': fault, 'times': times}, timeout=_TIMEOUT
        )

    def lift_fault(self, volume_id: str) -> None:
        """End a volume's fault; requests that are held go on."""
        self.nova.client.session.delete(self._fault_url(volume_id), timeout=_TIMEOUT)

    def fault(self, volume_id: str) -> FaultState:
        """Return how far a volume's fault has come, even once it is lifted."""
        answer = self.nova.client.session.get(self._fault_url(volume_id), timeout=_TIMEOUT)
        state = answer.json()['fault']
        return FaultState(state['name'], state['met'], state['held'], state['under_way'])

    def _fault_url(self, volume_id: str) -> str:
        return f'{self._compute}/assist/faults/{volume_id}'


def _guest_disk(disk: dict[str, Any], shares: Collection[Path]) -> GuestDisk:
    files = [Path(node['file']) for node in disk['chain']]
    chain = tuple(file.name if file.parent in shares else str(file) for file in files)
    server = {'type': 'unix', 'path': disk['nbd_socket']}
    export = {
        'driver': 'nbd',
        'server': server,
        'export': disk['export'],
        # To grow a disk its export is taken away for a moment, which no guest would notice.
        'reconnect-delay': _RECONNECT_SECONDS,
    }
    location = f'json:{json.dumps({"driver": "raw", "file": export})}'
    return GuestDisk(chain, disk['format'], ImageSource(location, 'raw'))
