# SPDX-License-Identifier: Apache-2.0
"""``servers/{id}/os-volume_attachments``.

Main class: :class:`AttachmentsApi`. The checks and answers are those of Nova's
``api/openstack/compute/volume_attachments.py``; the work is left to
:mod:`nova_assist.compute.attachments`.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from aiohttp import web

from nova_assist.compute import errors
from nova_assist.compute.api import context, schemas
from nova_assist.compute.api.servers import find_server, record_action, server_to_change
from nova_assist.compute.attachments import ROOT_DEVICE
from nova_assist.compute.cinder import Volume
from nova_assist.compute.model import Attachment, Server, VmState
from nova_assist.compute.servers import require_state
from nova_assist.compute.service import Compute

_STATES = (VmState.ACTIVE, VmState.STOPPED, VmState.PAUSED)
#: Since when volumes of a server that is on no host can be changed.
_SHELVED_SINCE = (2, 20)
_POLICY = 'os-volumes-attachments'
_URL = '/v2.1/servers/{server_id}/os-volume_attachments'


class AttachmentsApi:
    """The volumes of a server."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute

    def add_routes(self, app: web.Application) -> None:
        """Add the calls to the application."""
        app.router.add_get(_URL, self.index)
        app.router.add_post(_URL, self.create)
        app.router.add_get(_URL + '/{id}', self.show)
        app.router.add_delete(_URL + '/{id}', self.delete)

    async def index(self, request: web.Request) -> web.Response:
        """Return all of a server's attachments."""
        version = context.context_of(request).version
        server = find_server(self._compute, request)
        shown = [_view(server, each, version) for each in server.attachments if _listed(each)]
        return web.json_response({'volumeAttachments': shown})

    async def show(self, request: web.Request) -> web.Response:
        """Return one attachment, by its volume."""
        version = context.context_of(request).version
        server = find_server(self._compute, request)
        attachment = _attachment(server, request)
        return web.json_response({'volumeAttachment': _view(server, attachment, version)})

    async def create(self, request: web.Request) -> web.Response:
        """Accept a volume to attach; 200 once it is reserved."""
        caller = context.context_of(request)
        server = server_to_change(self._compute, request, f'{_POLICY}:create')
        body = await request.json()
        schemas.validate(body, schemas.attachment_create(caller.version))
        wanted = body['volumeAttachment']
        require_state(server, 'attach_volume', _states(caller))
        volume = await self._volume(wanted['volumeId'], caller.token)
        self._require_unattached(volume, caller.version)
        attachment = await self._reserve(server, wanted, caller.token)
        work = self._connect(server, attachment, caller.token)
        self._start(request, server, 'attach', volume.id, work)
        view = {**_common(server, attachment, caller.version), 'id': volume.id}
        return web.json_response({'volumeAttachment': view})

    async def delete(self, request: web.Request) -> web.Response:
        """Accept a volume to detach; 202."""
        caller = context.context_of(request)
        server = server_to_change(self._compute, request, f'{_POLICY}:delete')
        volume = await self._volume(request.match_info['id'], caller.token)
        attachment = _attachment(server, request)
        require_state(server, 'detach_volume', _states(caller))
        if attachment.device == ROOT_DEVICE:
            raise errors.BadRequest('Cannot detach a root device volume')
        try:
            await self._compute.cinder.begin_detaching(caller.token, volume.id)
        except errors.CinderError as error:
            raise _refused(error) from error
        work = self._detach(server, attachment, caller.token)
        self._start(request, server, 'detach', volume.id, work)
        return web.Response(status=202)

    async def _reserve(self, server: Server, wanted: dict[str, Any], token: str) -> Attachment:
        passing = schemas.boolean(wanted.get('delete_on_termination', False))
        try:
            return await self._compute.attachments.reserve(
                server, wanted['volumeId'], token, wanted.get('tag'), passing
            )
        except errors.CinderError as error:
            raise _refused(error) from error

    def _start(
        self,
        request: web.Request,
        server: Server,
        verb: str,
        volume_id: str,
        work: Coroutine[None, None, None],
    ) -> None:
        action = record_action(self._compute, server, f'{verb}_volume', request)
        self._compute.background.start(
            f'server {server.id}: {verb} volume {volume_id}',
            self._compute.actions.follow(server, action, f'compute_{verb}_volume', work),
        )

    async def _connect(self, server: Server, attachment: Attachment, token: str) -> None:
        async with self._compute.servers.lock(server):
            if server.vm_state is VmState.SHELVED_OFFLOADED:
                await self._compute.attachments.hold(server, attachment, token)
                return
            guest = self._compute.servers.guest(server)
            await self._compute.attachments.connect(server, guest, attachment, token)

    async def _detach(self, server: Server, attachment: Attachment, token: str) -> None:
        async with self._compute.servers.lock(server):
            guest = self._compute.servers.guest(server)
            await self._compute.attachments.detach(server, guest, attachment, token)

    async def _volume(self, volume_id: str, token: str) -> Volume:
        try:
            return await self._compute.cinder.volume(token, volume_id)
        except errors.CinderError as error:
            if error.code == 404:
                raise errors.NotFound(f'Volume {volume_id} could not be found.') from error
            raise

    def _require_unattached(self, volume: Volume, version: tuple[int, int]) -> None:
        holders = self._compute.store.holders(volume.id)
        if holders and not volume.multiattach:
            raise errors.BadRequest(
                f'Invalid volume: volume {volume.id} is already attached to instances: '
                f'{" ".join(server.id for server in holders)}'
            )
        if volume.multiattach and version < (2, 60):
            raise errors.BadRequest(
                'Multiattach volumes are only supported starting with compute API version 2.60.'
            )


def _states(caller: context.Context) -> tuple[VmState, ...]:
    shelved = (VmState.SHELVED_OFFLOADED,) if caller.version >= _SHELVED_SINCE else ()
    return _STATES + shelved


def _attachment(server: Server, request: web.Request) -> Attachment:
    volume_id = request.match_info['id']
    attachment = server.attachment(volume_id)
    if attachment is None or not _listed(attachment):
        raise errors.NotFound(f'Instance {server.id} is not attached to volume {volume_id}')
    return attachment


def _listed(attachment: Attachment) -> bool:
    return bool(attachment.attachment_id)


def _refused(error: errors.CinderError) -> errors.ComputeError:
    """Return what a refusal by Cinder is to the client: its own doing if Cinder says so."""
    if error.code in (400, 409):
        return errors.BadRequest(f'Invalid volume: {error.reason}')
    return error


def _view(server: Server, attachment: Attachment, version: tuple[int, int]) -> dict[str, Any]:
    view = _common(server, attachment, version)
    if version >= (2, 89):
        view['attachment_id'] = attachment.attachment_id
        view['bdm_uuid'] = attachment.bdm_id
    else:
        view['id'] = attachment.volume_id
    return view


def _common(server: Server, attachment: Attachment, version: tuple[int, int]) -> dict[str, Any]:
    """Return what is said of an attachment from the moment at which it is reserved."""
    view: dict[str, Any] = {
        'volumeId': attachment.volume_id,
        'serverId': server.id,
        'device': attachment.device,
    }
    if version >= (2, 70):
        view['tag'] = attachment.tag
    if version >= (2, 79):
        view['delete_on_termination'] = attachment.delete_on_termination
    return view
