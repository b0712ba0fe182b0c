# SPDX-License-Identifier: Apache-2.0
"""A stand-in for Glance: a few public images, of which servers and volumes can be made.

None can be made or changed, and anybody may read them: without Keystone, Cinder sends no token.
They are below a path of their own, as Glance is in devstack, so that clients looking for version
documents don't take those of the compute service for it.
"""

from __future__ import annotations

import hashlib
from typing import Any

from aiohttp import web

from nova_assist.compute import errors
from nova_assist.compute.stand_in_images import DATA, IMAGES, STAND_IN, StandInImage

#: Glance answers here that there are several to choose from.
_ROOTS = ('/image', '/image/')
_VERSIONS = (*_ROOTS, '/image/versions', '/image/v2', '/image/v2/')
_URL = '/image/v2/images'
_SCHEMA = '/image/v2/schemas/image'
_IMAGE, _FILE = _URL + '/{id}', _URL + '/{id}/file'
#: What may be read without a token.
PATHS = (*_VERSIONS, _SCHEMA, _URL, _IMAGE, _FILE)
_CONTENT = {
    'size': len(DATA),
    'virtual_size': len(DATA),
    'checksum': hashlib.md5(DATA, usedforsecurity=False).hexdigest(),
    'os_hash_algo': 'sha512',
    'os_hash_value': hashlib.sha512(DATA).hexdigest(),
}


def add_routes(app: web.Application) -> None:
    """Add the calls to the application."""
    for path in _VERSIONS:
        app.router.add_get(path, _version)
    app.router.add_get(_SCHEMA, _schema)
    app.router.add_get(_URL, _list)
    app.router.add_get(_IMAGE, _show)
    app.router.add_get(_FILE, _download)


async def _version(request: web.Request) -> web.Response:
    link = {'rel': 'self', 'href': f'{request.url.origin()}/image/v2/'}
    version = {'id': 'v2.0', 'status': 'CURRENT', 'links': [link]}
    status = 300 if request.path in _ROOTS else 200
    return web.json_response({'versions': [version]}, status=status)


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
    return web.json_response(_view(_image(request)))


async def _download(request: web.Request) -> web.Response:
    _image(request)
    return web.Response(
        body=DATA,
        content_type='application/octet-stream',
        headers={'Content-MD5': str(_CONTENT['checksum'])},
    )


async def _schema(request: web.Request) -> web.Response:
    """Return the names that images' own properties have; all others would be additional."""
    properties: dict[str, Any] = {name: {} for name in _view(STAND_IN)}
    schema = {'name': 'image', 'properties': properties}
    return web.json_response({**schema, 'additionalProperties': {'type': 'string'}})


def _image(request: web.Request) -> StandInImage:
    image = IMAGES.get(request.match_info['id'])
    if image is None:
        raise errors.NotFound(f'No image found with ID {request.match_info["id"]}')
    return image


def _view(image: StandInImage) -> dict[str, Any]:
    return {
        'id': image.id,
        'name': image.name,
        'status': 'active',
        'visibility': 'public',
        'protected': True,
        'disk_format': 'raw',
        'container_format': 'bare',
        **_CONTENT,
        'min_disk': 0,
        'min_ram': 0,
        'owner': None,
        'tags': [],
        'created_at': '2026-01-01T00:00:00Z',
        'updated_at': '2026-01-01T00:00:00Z',
        'self': f'/v2/images/{image.id}',
        'schema': '/v2/schemas/image',
    }
