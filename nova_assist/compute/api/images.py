# SPDX-License-Identifier: Apache-2.0
"""A stand-in for Glance: a few images without data, for clients that need one to make a server.

No image is ever read: none can be downloaded, changed or made into a volume. They are below a path
of their own, as Glance is in devstack, so that clients looking for version documents don't take
those of the compute service for it.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from nova_assist.compute import errors
from nova_assist.compute.stand_in_images import IMAGES, StandInImage

#: The version document, which may be read without a token; clients refuse to go on without it.
PATHS = ('/image', '/image/', '/image/v2', '/image/v2/')
_URL = '/image/v2/images'


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
    """Return all images, or those of a name, that follow the marker."""
    ids = list(IMAGES)
    marker = request.query.get('marker')
    if marker is not None:
        if marker not in IMAGES:
            raise errors.BadRequest(f'Invalid marker. Image {marker} could not be found.')
        ids = ids[ids.index(marker) + 1 :]
    name = request.query.get('name')
    shown = [_view(IMAGES[each]) for each in ids if name in (None, IMAGES[each].name)]
    return web.json_response({'images': shown})


async def _show(request: web.Request) -> web.Response:
    image = IMAGES.get(request.match_info['id'])
    if image is None:
        raise errors.NotFound(f'No image found with ID {request.match_info["id"]}')
    return web.json_response(_view(image))


def _view(image: StandInImage) -> dict[str, Any]:
    return {
        'id': image.id,
        'name': image.name,
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
        'self': f'/v2/images/{image.id}',
        'schema': '/v2/schemas/image',
    }
