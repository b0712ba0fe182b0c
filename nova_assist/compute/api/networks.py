# SPDX-License-Identifier: Apache-2.0
"""A stand-in for Neutron: there is nothing in it, for clients that look before they do without.

Tempest skips whatever has to do with servers where a cloud has no such service, and asks it for
what a project has left. It is below a path of its own, like the images.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

#: The version document, which may be read without a token.
PATHS = ('/network', '/network/')
_KINDS = (
    'extensions',
    'floatingips',
    'networks',
    'ports',
    'routers',
    'security-groups',
    'subnets',
)


def add_routes(app: web.Application) -> None:
    """Add the calls to the application."""
    for path in PATHS:
        app.router.add_get(path, _version)
    for kind in _KINDS:
        app.router.add_get(f'/network/v2.0/{kind}', _nothing)


async def _version(request: web.Request) -> web.Response:
    link = {'rel': 'self', 'href': f'{request.url.origin()}/network/v2.0/'}
    version: dict[str, Any] = {'id': 'v2.0', 'status': 'CURRENT', 'links': [link]}
    return web.json_response({'versions': [version]})


async def _nothing(request: web.Request) -> web.Response:
    """Return an empty list of what the last part of the URL names."""
    kind = request.path.rsplit('/', 1)[-1].replace('-', '_')
    return web.json_response({kind: []})
