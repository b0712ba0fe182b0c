# SPDX-License-Identifier: Apache-2.0
"""``os-server-external-events``: what other services report of servers.

Main class: :class:`EventsApi`. Only ``volume-extended`` leads to work here; the other events are
answered as Nova answers them.
"""

from __future__ import annotations

import logging
from typing import Any

from aiohttp import web

from nova_assist.compute.api import context, schemas
from nova_assist.compute.api.assisted import refused_on_purpose
from nova_assist.compute.api.servers import record_action
from nova_assist.compute.model import Server
from nova_assist.compute.service import Compute

LOG = logging.getLogger(__name__)
_TAG_REQUIRED = ('volume-extended', 'power-update', 'accelerator-request-bound')


class EventsApi:
    """The one call."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute

    def add_routes(self, app: web.Application) -> None:
        """Add the call to the application."""
        app.router.add_post('/v2.1/os-server-external-events', self.create)

    async def create(self, request: web.Request) -> web.Response:
        """Take events; 200, or 207 if one can't be delivered."""
        caller = context.context_of(request)
        body = await request.json()
        schemas.validate(body, schemas.external_events(caller.version))
        caller.require('os_compute_api:os-server-external-events:create', context.ASSISTING)
        for event in body['events']:
            self._refuse_by_fault(event)
        answers = [self._deliver(event, request) for event in body['events']]
        whole = all(answer['code'] == 200 for answer in answers)
        return web.json_response({'events': answers}, status=200 if whole else 207)

    def _refuse_by_fault(self, event: dict[str, Any]) -> None:
        fault = self._compute.faults.refusal(event.get('tag') or '')
        if fault is not None:
            raise refused_on_purpose(fault, event['name'])

    def _deliver(self, event: dict[str, Any], request: web.Request) -> dict[str, Any]:
        server = self._compute.store.get(event['server_uuid'])
        if server is None:
            return {**event, 'status': 'failed', 'code': 404}
        if event['name'] in _TAG_REQUIRED and event.get('tag') is None:
            return {**event, 'status': 'failed', 'code': 400}
        if event['name'] == 'volume-extended':
            self._extend(server, event['tag'], request)
        return {**event, 'status': 'completed', 'code': 200}

    def _extend(self, server: Server, volume_id: str, request: web.Request) -> None:
        action = record_action(self._compute, server, 'extend_volume', request)
        guest, token = self._compute.servers.guest(server), context.context_of(request).token
        work = self._compute.extending.extend(server, guest, volume_id, token)
        self._compute.background.start(
            f'server {server.id}: volume {volume_id} extended',
            self._compute.actions.follow(server, action, 'compute_extend_volume', work),
        )
