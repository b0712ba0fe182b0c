# SPDX-License-Identifier: Apache-2.0
"""A stand-in for Glance: one image without data, for clients that can't make a server without one.

No server has a root disk here, so no image is ever read, and this one can't be downloaded, changed
or made into a volume. It is below a path of its own, as Glance is in devstack, so that clients
looking for version documents don't take those of the compute service for it.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from nova_assist.compute import errors

#: What any client may name as a server's image.
IMAGE_ID = '6e6f2d72-6f6f-442d-a469-736b00000001'
IMAGE_NAME = 'stand-in'
#: The version document, which may be read without a token; clients refuse to go on without it.
PATHS = ('/image', '/image/', '/image/v2', '/image/v2/')
_URL = '/image/v2/images'
_IMAGE: dict[str, Any] = {
    'id': IMAGE_ID,
    'name': IMAGE_NAME,
    'status': 'active',
    'visibility': 'public',
    'protected': True,
    'disk_format': 'raw',
    'container_format': 'bare',
    'size': 0,
    'min_disk': 0,
    'min_ram': 0,
    'owner': None,
    'tags': [],
    'created_at': '2026-01-01T00:00:00Z',
    'updated_at': '2026-01-01T00:00:00Z',
    'self': f'/v2/images/{IMAGE_ID}',
    'schema': '/v2/schemas/image',
}


def add_routes(app: web.Application) -> None:
    """Add the calls to the application."""
    for path in PATHS:
        app.router.add_get(path, _version)
    app.router.add_get(_URL, _list)
    app.router.add_get(_URL + '/{id}', _show)


async def _version(request: web.Request) -> web.Response:
    link = {'rel': 'self', 'href': f'{request.url.origin()}/image/v2/'}
    version = {'id': 'v2.0', 'status': 'CURRENT', 'links': [link]}
    return web.json_response({'versions': [version]})


async def _list(request: web.Request) -> web.Response:
    """Return all images, or those of a name, that follow the marker: nothing follows the one."""
    matches = request.query.get('name', IMAGE_NAME) == IMAGE_NAME
    shown = [_IMAGE] if matches and 'marker' not in request.query else []
    return web.json_response({'images': shown})


async def _show(request: web.Request) -> web.Response:
    wanted = request.match_info['id']
    if wanted != IMAGE_ID:
        raise errors.NotFound(f'No image found with ID {wanted}')
    return web.json_response(_IMAGE)
