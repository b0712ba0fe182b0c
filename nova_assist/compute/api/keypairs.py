# SPDX-License-Identifier: Apache-2.0
"""``os-keypairs``: the caller's key pairs.

Main class: :class:`KeypairsApi`. Those of other users, which administrators may see in Nova, and
X.509 certificates are left out.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from nova_assist.compute.api import context, schemas
from nova_assist.compute.keypairs import Keypair, make_key
from nova_assist.compute.service import Compute

_URL = '/v2.1/os-keypairs'
_TYPE = 'ssh'
#: Since when answers tell the type of a key, and have the status codes that fit.
_TYPED = (2, 2)


class KeypairsApi:
    """The calls."""

    def __init__(self, compute: Compute) -> None:
        self._keypairs = compute.keypairs

    def add_routes(self, app: web.Application) -> None:
        """Add the calls to the application."""
        app.router.add_get(_URL, self.index)
        app.router.add_post(_URL, self.create)
        app.router.add_get(_URL + '/{name}', self.show)
        app.router.add_delete(_URL + '/{name}', self.delete)

    async def index(self, request: web.Request) -> web.Response:
        """Return all key pairs."""
        caller = context.context_of(request)
        pairs = self._keypairs.of_user(caller.user)
        shown = [{'keypair': _view(pair, caller.version)} for pair in pairs]
        return web.json_response({'keypairs': shown})

    async def create(self, request: web.Request) -> web.Response:
        """Import a public key, or make one and hand its private key out."""
        caller = context.context_of(request)
        body = await request.json()
        schemas.validate(body, schemas.keypair_create(caller.version))
        wanted = body['keypair']
        made: dict[str, Any] = {}
        public_key = wanted.get('public_key')
        if public_key is None:
            made['private_key'], public_key = await asyncio.to_thread(make_key)
        pair = self._keypairs.add(caller.user, wanted['name'], public_key)
        view = {**_view(pair, caller.version), 'user_id': pair.user_id, **made}
        status = 201 if caller.version >= _TYPED else 200
        return web.json_response({'keypair': view}, status=status)

    async def show(self, request: web.Request) -> web.Response:
        """Return one key pair."""
        caller = context.context_of(request)
        pair = self._keypairs.get(caller.user, request.match_info['name'])
        view = {
            **_view(pair, caller.version),
            'user_id': pair.user_id,
            'id': pair.number,
            'created_at': pair.created.rstrip('Z'),
            'updated_at': None,
            'deleted': False,
            'deleted_at': None,
        }
        return web.json_response({'keypair': view})

    async def delete(self, request: web.Request) -> web.Response:
        """Delete one key pair."""
        caller = context.context_of(request)
        self._keypairs.delete(caller.user, request.match_info['name'])
        return web.Response(status=204 if caller.version >= _TYPED else 202)


def _view(pair: Keypair, version: tuple[int, int]) -> dict[str, Any]:
    view = {
        'name': pair.name,
        'public_key': pair.public_key,
        'fingerprint': pair.fingerprint,
    }
    if version >= _TYPED:
        view['type'] = _TYPE
    return view
