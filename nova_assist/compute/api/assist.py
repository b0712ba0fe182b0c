# SPDX-License-Identifier: Apache-2.0
"""What Nova has no URL for: how a guest's disks are reached, what QEMU has open, and faults.

Main class: :class:`AssistApi`. For the harness, which does a guest's I/O over NBD, judges the
chain, and has this service misbehave; outside Nova's URLs, for administrators only.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from nova_assist.compute import errors
from nova_assist.compute.api import context, schemas
from nova_assist.compute.faults import Fault, Plan
from nova_assist.compute.guest import DiskView
from nova_assist.compute.model import Attachment
from nova_assist.compute.service import Compute

_FAULT_URL = '/assist/faults/{volume_id}'


class AssistApi:
    """The calls."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute

    def add_routes(self, app: web.Application) -> None:
        """Add the calls to the application."""
        app.router.add_get('/assist/servers/{id}/disks', self.disks)
        app.router.add_put(_FAULT_URL, self.set_fault)
        app.router.add_get(_FAULT_URL, self.fault)
        app.router.add_delete(_FAULT_URL, self.lift_fault)

    async def disks(self, request: web.Request) -> web.Response:
        """Return a server's connected volumes, in the order in which they were attached.

        ``connection`` is what Cinder last told of the volume, and what the next start or hard
        reboot opens. The rest is what QEMU has open now; empty where the server is off.
        """
        context.context_of(request).require('assist:disks', context.ADMINS)
        server = self._compute.store.get(request.match_info['id'])
        if server is None:
            raise errors.NotFound(f'Instance {request.match_info["id"]} could not be found.')
        disks = await self._compute.servers.guest(server).disks()
        shown = [_view(each, disks.get(each.volume_id)) for each in server.attachments]
        return web.json_response({'disks': shown})

    async def set_fault(self, request: web.Request) -> web.Response:
        """Have the next requests for a volume meet a fault, once by default."""
        volume_id = _volume_of(request)
        body = await request.json()
        schemas.validate(body, schemas.FAULT)
        plan = self._compute.faults.set(volume_id, Fault(body['fault']), body.get('times', 1))
        return web.json_response({'fault': _plan_view(plan)})

    async def fault(self, request: web.Request) -> web.Response:
        """Return how far a volume's last fault has come, lifted or not."""
        volume_id = _volume_of(request)
        plan = self._compute.faults.plan(volume_id)
        if plan is None:
            raise errors.NotFound(f'Volume {volume_id} has had no fault.')
        return web.json_response({'fault': _plan_view(plan)})

    async def lift_fault(self, request: web.Request) -> web.Response:
        """Let a volume's further requests take their course, and those that are held go on."""
        self._compute.faults.lift(_volume_of(request))
        return web.Response(status=204)


def _volume_of(request: web.Request) -> str:
    context.context_of(request).require('assist:faults', context.ADMINS)
    return request.match_info['volume_id']


def _plan_view(plan: Plan) -> dict[str, Any]:
    return {
        'name': plan.fault.value,
        'times': plan.times,
        'met': plan.met,
        'held': plan.held,
        'under_way': plan.under_way,
    }


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
