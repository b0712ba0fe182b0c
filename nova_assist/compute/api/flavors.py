# SPDX-License-Identifier: Apache-2.0
"""Flavors: a few fixed ones, which clients need to name when they make a server.

Main class: :class:`Flavor`.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from aiohttp import web

from nova_assist.compute import errors
from nova_assist.compute.api import context


@dataclasses.dataclass(frozen=True)
class Flavor:
    """A size of server: ``ram`` in MiB, ``disk`` in GiB."""

    id: str
    name: str
    vcpus: int
    ram: int
    disk: int


FLAVORS = {
    flavor.id: flavor
    for flavor in (Flavor('1', 'm1.tiny', 1, 512, 1), Flavor('2', 'm1.small', 1, 2048, 20))
}


def add_routes(app: web.Application) -> None:
    """Add the flavors to the application."""
    app.router.add_get('/v2.1/flavors', _list)
    app.router.add_get('/v2.1/flavors/detail', _detail)
    app.router.add_get('/v2.1/flavors/{id}', _show)


def embedded(flavor_id: str, version: tuple[int, int], origin: str) -> dict[str, Any]:
    """Return a flavor as a server's view has it."""
    flavor = FLAVORS[flavor_id]
    if version < (2, 47):
        return {'id': flavor.id, 'links': [_bookmark(flavor, origin)]}
    return {
        'original_name': flavor.name,
        'vcpus': flavor.vcpus,
        'ram': flavor.ram,
        'disk': flavor.disk,
        'ephemeral': 0,
        'swap': 0,
        'extra_specs': {},
    }


async def _list(request: web.Request) -> web.Response:
    return web.json_response({'flavors': [_basic(each, request) for each in FLAVORS.values()]})


async def _detail(request: web.Request) -> web.Response:
    return web.json_response({'flavors': [_full(each, request) for each in FLAVORS.values()]})


async def _show(request: web.Request) -> web.Response:
    flavor = FLAVORS.get(request.match_info['id'])
    if flavor is None:
        raise errors.NotFound(f'Flavor {request.match_info["id"]} could not be found.')
    return web.json_response({'flavor': _full(flavor, request)})


def _basic(flavor: Flavor, request: web.Request) -> dict[str, Any]:
    origin = str(request.url.origin())
    view: dict[str, Any] = {
        'id': flavor.id,
        'name': flavor.name,
        'links': [
            {'rel': 'self', 'href': f'{origin}/v2.1/flavors/{flavor.id}'},
            _bookmark(flavor, origin),
        ],
    }
    if context.context_of(request).version >= (2, 55):
        view['description'] = None
    return view


def _full(flavor: Flavor, request: web.Request) -> dict[str, Any]:
    version = context.context_of(request).version
    view = {
        **_basic(flavor, request),
        'ram': flavor.ram,
        'disk': flavor.disk,
        'vcpus': flavor.vcpus,
        'swap': 0 if version >= (2, 75) else '',
        'OS-FLV-EXT-DATA:ephemeral': 0,
        'OS-FLV-DISABLED:disabled': False,
        'os-flavor-access:is_public': True,
        'rxtx_factor': 1.0,
    }
    if version >= (2, 61):
        view['extra_specs'] = {}
    return view


def _bookmark(flavor: Flavor, origin: str) -> dict[str, str]:
    return {'rel': 'bookmark', 'href': f'{origin}/flavors/{flavor.id}'}
