# SPDX-License-Identifier: Apache-2.0
"""A small Glance: make, show, list, change and delete images (Images API v2).

Main class: :class:`ImagesApi`. Data is left to :mod:`nova_assist.compute.api.image_data`, sharing
to :mod:`nova_assist.compute.api.image_members`. It is below a path of its own, as Glance is in
devstack, so that clients looking for version documents don't take those of the compute service
for it. Left out: locations, stores, imports, tasks, deactivation, sorting, caches.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from nova_assist.compute import errors
from nova_assist.compute.api import context, image_access, image_changes, image_views, schemas
from nova_assist.compute.api.context import Context
from nova_assist.compute.glance.model import Image, Visibility
from nova_assist.compute.glance.store import ImageStore
from nova_assist.compute.model import now

#: Where all of it is, and one image.
BASE = '/image'
URL = f'{BASE}/v2/images'
IMAGE = f'{URL}/{{id}}'
_SCHEMA = f'{BASE}/v2/schemas/image'
#: Glance answers here that there are several to choose from.
_ROOTS = (BASE, f'{BASE}/')
#: What may be read without a token.
PATHS = (*_ROOTS, f'{BASE}/versions', f'{BASE}/v2', f'{BASE}/v2/', _SCHEMA)

#: What a list can be narrowed by, beside visibility and whether images are hidden.
_FILTERS = ('id', 'name', 'status', 'owner', 'disk_format', 'container_format')
_PAGE, _LARGEST_PAGE = 25, 1000


class ImagesApi:
    """The calls."""

    def __init__(self, images: ImageStore) -> None:
        self._images = images

    def add_routes(self, app: web.Application) -> None:
        """Add the calls to the application."""
        for path in PATHS:
            app.router.add_get(path, _schema if path == _SCHEMA else _version)
        app.router.add_get(URL, self.index)
        app.router.add_post(URL, self.create)
        app.router.add_get(IMAGE, self.show)
        app.router.add_patch(IMAGE, self.change)
        app.router.add_delete(IMAGE, self.delete)

    async def create(self, request: web.Request) -> web.Response:
        """Make an image without data."""
        caller = context.context_of(request)
        caller.require('add_image', context.CHANGING)
        body = await request.json()
        if not isinstance(body, dict):
            raise errors.BadRequest('Request body must be a JSON object.')
        image_id = body.pop('id', None) or str(uuid.uuid4())
        schemas.validate(image_id, schemas.UUID)
        fields = {'owner': caller.project or None, **image_changes.wanted(body)}
        _require_allowed(fields, caller)
        made = now()
        image = Image(image_id, created=made, updated=made, **fields)
        self._images.add(image)
        url = f'{request.url.origin()}{URL}/{image.id}'
        return web.json_response(image_views.full(image), status=201, headers={'Location': url})

    async def index(self, request: web.Request) -> web.Response:
        """Return a page of the images that the caller sees, newest first."""
        query = request.query
        found = self._selected(query, context.context_of(request))
        marker = query.get('marker')
        if marker is not None:
            found = _after(found, marker)
        size = _page_size(query.get('limit'))
        listed: dict[str, Any] = {
            'images': [image_views.full(each) for each in found[:size]],
            'first': '/v2/images',
            'schema': '/v2/schemas/images',
        }
        if 0 < size < len(found):
            following = request.rel_url.update_query(marker=found[size - 1].id)
            listed['next'] = str(following).removeprefix(BASE)
        return web.json_response(listed)

    async def show(self, request: web.Request) -> web.Response:
        """Return one image."""
        return web.json_response(image_views.full(self._found(request)))

    async def change(self, request: web.Request) -> web.Response:
        """Change what a JSON patch names."""
        caller = context.context_of(request)
        image = self._found_to_change(request, 'modify_image')
        fields = image_changes.patched(image, await request.json())
        _require_allowed(fields, caller)
        return web.json_response(image_views.full(self._images.change(image.id, **fields)))

    async def delete(self, request: web.Request) -> web.Response:
        """Delete an image and its data."""
        image = self._found_to_change(request, 'delete_image')
        if image.protected:
            raise errors.Forbidden(f'Image {image.id} is protected and cannot be deleted.')
        self._images.delete(image.id)
        return web.Response(status=204)

    def _found(self, request: web.Request) -> Image:
        caller = context.context_of(request)
        return image_access.find(self._images, request.match_info['id'], caller)

    def _found_to_change(self, request: web.Request, rule: str) -> Image:
        caller = context.context_of(request)
        return image_access.find_to_change(self._images, request.match_info['id'], caller, rule)

    def _selected(self, query: Mapping[str, str], caller: Context) -> list[Image]:
        asked = query.get('visibility')
        hidden = query.get('os_hidden', 'false').lower() == 'true'
        return [
            image
            for image in self._images.all()
            if image.hidden == hidden
            and image_access.is_listed(image, caller, asked)
            and _matches(image, query)
        ]


def _matches(image: Image, query: Mapping[str, str]) -> bool:
    view = image_views.base(image)
    return all(view[name] == query[name] for name in _FILTERS if name in query)


def _after(found: Sequence[Image], marker: str) -> list[Image]:
    ids = [each.id for each in found]
    if marker not in ids:
        raise errors.BadRequest(f'Invalid marker. Image {marker} could not be found.')
    return list(found[ids.index(marker) + 1 :])


def _page_size(limit: str | None) -> int:
    if limit is None:
        return _PAGE
    if not limit.isdecimal():
        raise errors.BadRequest('limit param must be an integer')
    return min(int(limit), _LARGEST_PAGE)


def _require_allowed(fields: Mapping[str, Any], caller: Context) -> None:
    """Enforce the policies of what only administrators may make of an image."""
    if fields.get('visibility') is Visibility.PUBLIC:
        caller.require('publicize_image', context.ADMINS)
    if fields.get('owner', caller.project or None) != (caller.project or None):
        caller.require('set_image_owner', context.ADMINS)


async def _version(request: web.Request) -> web.Response:
    link = {'rel': 'self', 'href': f'{request.url.origin()}{BASE}/v2/'}
    version = {'id': 'v2.0', 'status': 'CURRENT', 'links': [link]}
    status = 300 if request.path in _ROOTS else 200
    return web.json_response({'versions': [version]}, status=status)


async def _schema(request: web.Request) -> web.Response:
    """Return the names that images' own properties have; all others would be additional."""
    properties: dict[str, Any] = {name: {} for name in image_views.base(Image('', None, '', ''))}
    schema = {'name': 'image', 'properties': properties}
    return web.json_response({**schema, 'additionalProperties': {'type': 'string'}})
