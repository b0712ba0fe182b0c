# SPDX-License-Identifier: Apache-2.0
"""``servers/{id}/os-instance-actions``: what was done to a server, newest first.

Main class: :class:`InstanceActionsApi`. Events, which tell how it ended, are kept of volumes
attached, detached and extended; what else is done tells its end by the server's own state.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from nova_assist.compute import errors
from nova_assist.compute.api import context, views
from nova_assist.compute.api.servers import find_server
from nova_assist.compute.model import Action, ActionEvent, Server
from nova_assist.compute.service import Compute

_URL = '/v2.1/servers/{server_id}/os-instance-actions'


class InstanceActionsApi:
    """The calls."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute

    def add_routes(self, app: web.Application) -> None:
        """Add the calls to the application."""
        app.router.add_get(_URL, self.index)
        app.router.add_get(_URL + '/{request_id}', self.show)

    async def index(self, request: web.Request) -> web.Response:
        """Return a server's actions."""
        version = context.context_of(request).version
        server = find_server(self._compute, request)
        shown = [_view(server, action, version) for action in reversed(server.actions)]
        return web.json_response({'instanceActions': shown})

    async def show(self, request: web.Request) -> web.Response:
        """Return an action with its events, as far as the caller may see them."""
        caller = context.context_of(request)
        server = find_server(self._compute, request)
        wanted = request.match_info['request_id']
        action = next((each for each in server.actions if each.request_id == wanted), None)
        if action is None:
            raise errors.NotFound(f'Action {wanted} not found')
        view = _view(server, action, caller.version)
        if caller.admin or caller.version >= (2, 51):
            view['events'] = [_event_view(server, event, caller) for event in action.events]
        return web.json_response({'instanceAction': view})


def _view(server: Server, action: Action, version: tuple[int, int]) -> dict[str, Any]:
    view = {
        'action': action.name,
        'instance_uuid': server.id,
        'request_id': action.request_id,
        'user_id': action.user_id,
        'project_id': action.project_id,
        'start_time': action.start_time.rstrip('Z'),
        'message': action.message,
    }
    if version >= (2, 58):
        view['updated_at'] = action.updated_at.rstrip('Z')
    return view


def _event_view(server: Server, event: ActionEvent, caller: context.Context) -> dict[str, Any]:
    view: dict[str, Any] = {
        'event': event.name,
        'start_time': event.start_time.rstrip('Z'),
        'finish_time': event.finish_time and event.finish_time.rstrip('Z'),
        'result': event.result,
    }
    if caller.admin:
        view['traceback'] = None
    if caller.version >= (2, 62):
        view['hostId'] = views.host_id(server)
        if caller.admin:
            view['host'] = views.HOST
    return view
