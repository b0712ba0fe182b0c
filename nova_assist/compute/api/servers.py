# SPDX-License-Identifier: Apache-2.0
"""``servers``: make, show, list, delete, start, stop, reboot, pause, shelve.

Main class: :class:`ServersApi`. How a server looks is left to
:mod:`nova_assist.compute.api.views`, the work to :mod:`nova_assist.compute.servers` and
:mod:`nova_assist.compute.resting`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from nova_assist.compute import errors, model
from nova_assist.compute.api import block_devices, context, flavors, request_ids, schemas, views
from nova_assist.compute.booting import BootVolume
from nova_assist.compute.model import VmState
from nova_assist.compute.service import Compute

_CONSOLE = 'os-getConsoleOutput'
_POLICY = 'os_compute_api'
#: The rules of the actions.
_RULES = {
    _CONSOLE: 'os-console-output',
    'os-start': 'servers:start',
    'os-stop': 'servers:stop',
    'pause': 'os-pause-server:pause',
    'unpause': 'os-pause-server:unpause',
    'shelve': 'os-shelve:shelve',
    'unshelve': 'os-shelve:unshelve',
    'reboot': 'servers:reboot',
}


class ServersApi:
    """The servers of a project."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute

    def add_routes(self, app: web.Application) -> None:
        """Add the calls to the application."""
        app.router.add_get('/v2.1/servers', self.index)
        app.router.add_post('/v2.1/servers', self.create)
        app.router.add_get('/v2.1/servers/detail', self.detail)
        app.router.add_get('/v2.1/servers/{server_id}', self.show)
        app.router.add_delete('/v2.1/servers/{server_id}', self.delete)
        app.router.add_post('/v2.1/servers/{server_id}/action', self.action)

    async def create(self, request: web.Request) -> web.Response:
        """Accept a server to be made; 202.

        The image is taken on trust: the server has no root disk of it, so whatever is named goes
        unread. Two names lead to something: see :mod:`nova_assist.compute.glance.stand_ins`.
        """
        caller = context.context_of(request)
        body = await request.json()
        schemas.validate(body, schemas.server_create(caller.version))
        caller.require(f'{_POLICY}:servers:create', context.CHANGING)
        wanted = body['server']
        volumes = block_devices.parse(wanted)
        server = self._server(wanted, caller)
        server.root_image_id = await self._compute.booting.root_image(volumes, caller.token)
        if any(volume.root for volume in volumes):
            server.image_id = ''
        await self._reserve(server, volumes, caller.token)
        self._compute.servers.create(
            server,
            caller.token,
            lambda: self._compute.booting.connect(server, volumes, caller.token),
        )
        record_action(self._compute, server, 'create', request)
        url = f'{request.url.origin()}/v2.1/servers/{server.id}'
        groups = wanted.get('security_groups', [{'name': 'default'}])
        view = views.created(server, _origin(request), groups, wanted.get('adminPass'))
        return web.json_response({'server': view}, status=202, headers={'Location': url})

    async def index(self, request: web.Request) -> web.Response:
        """Return the names of servers."""
        shown = [views.basic(server, _origin(request)) for server in self._selected(request)]
        return web.json_response({'servers': shown})

    async def detail(self, request: web.Request) -> web.Response:
        """Return servers in full."""
        caller = context.context_of(request)
        shown = [
            views.full(server, caller, _origin(request)) for server in self._selected(request)
        ]
        return web.json_response({'servers': shown})

    async def show(self, request: web.Request) -> web.Response:
        """Return one server in full."""
        server = find_server(self._compute, request)
        view = views.alone(server, context.context_of(request), _origin(request))
        return web.json_response({'server': view})

    async def delete(self, request: web.Request) -> web.Response:
        """Accept a server to be deleted; 204."""
        server = server_to_change(self._compute, request, 'servers:delete')
        record_action(self._compute, server, 'delete', request)
        self._compute.servers.delete(server, context.context_of(request).token)
        return web.Response(status=204)

    async def action(self, request: web.Request) -> web.Response:
        """Accept an action; 202. One that asks is answered at once; 200."""
        body = await request.json()
        names = list(body) if isinstance(body, dict) else []
        if len(names) != 1 or names[0] not in _RULES:
            raise errors.BadRequest(f'There is no such action: {", ".join(names)}')
        server = server_to_change(self._compute, request, _RULES[names[0]])
        if names == [_CONSOLE]:
            return self._console_output(server, body)
        servers, resting = self._compute.servers, self._compute.resting
        token = context.context_of(request).token
        actions: dict[str, Callable[[model.Server], None]] = {
            'os-start': lambda server: servers.start(server, token),
            'os-stop': servers.stop,
            'pause': resting.pause,
            'unpause': resting.unpause,
            'shelve': lambda server: resting.shelve(server, token),
            'unshelve': lambda server: resting.unshelve(server, token),
            'reboot': lambda server: servers.reboot(server, token, hard=_is_hard(body)),
        }
        actions[names[0]](server)
        record_action(self._compute, server, names[0].removeprefix('os-'), request)
        return web.Response(status=202)

    def _server(self, wanted: Mapping[str, Any], caller: context.Context) -> model.Server:
        flavor_id = str(wanted['flavorRef']).rsplit('/', 1)[-1]
        if flavor_id not in flavors.FLAVORS:
            raise errors.BadRequest(f'Flavor {flavor_id} could not be found.')
        key_name = wanted.get('key_name')
        known = {pair.name for pair in self._compute.keypairs.of_user(caller.user)}
        if key_name is not None and key_name not in known:
            raise errors.BadRequest('Invalid key_name provided.')
        now = model.now()
        return model.Server(
            id=str(uuid.uuid4()),
            name=wanted['name'].strip(),
            project_id=caller.project,
            user_id=caller.user,
            flavor_id=flavor_id,
            image_id=wanted.get('imageRef', ''),
            created=now,
            updated=now,
            metadata=wanted.get('metadata', {}),
            key_name=key_name,
        )

    async def _reserve(self, server: model.Server, volumes: list[BootVolume], token: str) -> None:
        try:
            await self._compute.booting.reserve(server, volumes, token)
        except errors.CinderError as error:
            if error.code in (400, 409):
                raise errors.BadRequest(f'Invalid volume: {error.reason}') from error
            raise

    def _console_output(self, server: model.Server, body: Mapping[str, Any]) -> web.Response:
        schemas.validate(body, schemas.CONSOLE_OUTPUT)
        length = body[_CONSOLE].get('length')
        if server.vm_state is VmState.SHELVED_OFFLOADED:
            raise errors.Conflict(f'Instance {server.id} is not ready')
        lines = None if length is None or int(length) < 0 else int(length)
        return web.json_response({'output': self._compute.consoles.of(server).tail(lines)})

    def _selected(self, request: web.Request) -> list[model.Server]:
        """Return the servers that the caller may see and the query asks for."""
        caller = context.context_of(request)
        everyone = 'all_tenants' in request.query
        if everyone:
            caller.require(f'{_POLICY}:servers:detail:get_all_tenants', context.ADMINS)
        servers = [
            server
            for server in self._compute.store.all()
            if (everyone or server.project_id == caller.project)
            and all(
                test(server, request.query[name])
                for name, test in _FILTERS.items()
                if name in request.query
            )
        ]
        return _page(servers, request)


def _is_hard(body: Mapping[str, Any]) -> bool:
    schemas.validate(body, schemas.REBOOT)
    return str(body['reboot']['type']).upper() == 'HARD'


def _matches(server: model.Server, pattern: str) -> bool:
    try:
        return re.search(pattern, server.name) is not None
    except re.error as error:
        raise errors.BadRequest(f'name {pattern} is not a regular expression: {error}') from error


_FILTERS: dict[str, Callable[[model.Server, str], Any]] = {
    'name': _matches,
    'status': lambda server, value: views.status(server) == value.upper(),
    'uuid': lambda server, value: server.id == value,
}


def find_server(compute: Compute, request: web.Request) -> model.Server:
    """Return the server that a request's URL names.

    :raises NotFound: there is none, or it is another project's.
    """
    caller = context.context_of(request)
    server_id = request.match_info['server_id']
    server = compute.store.get(server_id)
    if server is None or not (caller.admin or caller.project == server.project_id):
        raise errors.NotFound(f'Instance {server_id} could not be found.')
    return server


def server_to_change(compute: Compute, request: web.Request, rule: str) -> model.Server:
    """Return the server that a request's URL names, for a change.

    :param rule: the policy's, without what all begin with.
    :raises NotFound: there is none, or it is another project's.
    :raises Forbidden: the user only reads.
    """
    server = find_server(compute, request)
    context.context_of(request).require(f'{_POLICY}:{rule}', context.CHANGING)
    return server


def record_action(
    compute: Compute, server: model.Server, name: str, request: web.Request
) -> model.Action:
    """Note what a request is about to do to a server."""
    caller = context.context_of(request)
    return compute.actions.record(
        server,
        name,
        request_id=request_ids.request_id_of(request),
        user_id=caller.user,
        project_id=caller.project,
    )


def _page(servers: list[model.Server], request: web.Request) -> list[model.Server]:
    # As Nova does, the newest come first.
    servers = servers[::-1]
    marker, limit = request.query.get('marker'), request.query.get('limit')
    if marker:
        ids = [server.id for server in servers]
        if marker not in ids:
            raise errors.BadRequest(f'marker [{marker}] not found')
        servers = servers[ids.index(marker) + 1 :]
    if limit is not None:
        if not limit.isdigit():
            raise errors.BadRequest(
                f'Invalid input for query parameters limit. Value: {limit}. '
                f"'{limit}' does not match '^[0-9]*$'"
            )
        servers = servers[: int(limit)] if int(limit) else servers
    return servers


def _origin(request: web.Request) -> str:
    return str(request.url.origin())
