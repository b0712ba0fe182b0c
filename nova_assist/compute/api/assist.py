# SPDX-License-Identifier: Apache-2.0
"""What Nova has no URL for: how a guest's disks are reached, and what QEMU has open.

Main class: :class:`AssistApi`. For the harness, which does a guest's I/O over NBD and judges the
chain; outside Nova's URLs, for administrators only.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from nova_assist.compute import errors
from nova_assist.compute.api import context
from nova_assist.compute.guest import DiskView
from nova_assist.compute.model import Attachment
from nova_assist.compute.service import Compute


class AssistApi:
    """The one call."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute

    def add_routes(self, app: web.Application) -> None:
        """Add the call to the application."""
        app.router.add_get('/assist/servers/{id}/disks', self.disks)

    async def disks(self, request: web.Request) -> web.Response:
        """Return a server's connected volumes, in the order in which they were attached.

        ``connection`` is what Cinder last told of the volume, and what the next start or hard
        reboot opens. The rest is what QEMU has open now; empty where the server is off.
        """
        context.context_of(request).require_privileged('assist:disks')
        server = self._compute.store.get(request.match_info['id'])
        if server is None:
            raise errors.NotFound(f'Instance {request.match_info["id"]} could not be found.')
        disks = await self._compute.servers.guest(server).disks()
        shown = [_view(each, disks.get(each.volume_id)) for each in server.attachments]
        return web.json_response({'disks': shown})


def _view(attachment: Attachment, disk: DiskView | None) -> dict[str, Any]:
    connection = attachment.connection
    view: dict[str, Any] = {
        'volume_id': attachment.volume_id,
        'connection': connection and {'name': connection.name, 'format': connection.format.value},
        **dict.fromkeys(('nbd_socket', 'export', 'pid', 'size', 'file', 'format')),
        'chain': [],
    }
    if disk is not None:
        active = disk.chain[0]
        view.update(
            nbd_socket=disk.nbd_socket,
            export=disk.export_name,
            pid=disk.daemon_pid,
            size=active.size,
            file=active.file,
            format=active.driver,
            chain=[
                {
                    'node': node.name,
                    'file': node.file,
                    'format': node.driver,
                    'backing_name': node.backing_name,
                }
                for node in disk.chain
            ],
        )
    return view
