# SPDX-License-Identifier: Apache-2.0
"""The version documents by which clients find the API."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from nova_assist.compute.api import context

#: What may be read without a token.
PATHS = ('/', '/v2.1', '/v2.1/')


def add_routes(app: web.Application) -> None:
    """Add the documents to the application."""
    app.router.add_get('/', _index)
    app.router.add_get('/v2.1', _show)
    app.router.add_get('/v2.1/', _show)


async def _index(request: web.Request) -> web.Response:
    return web.json_response({'versions': [_version(request)]})


async def _show(request: web.Request) -> web.Response:
    media_types = [
        {
            'base': 'application/json',
            'type': 'application/vnd.openstack.compute+json;version=2.1',
        }
    ]
    return web.json_response({'version': {**_version(request), 'media-types': media_types}})


def _version(request: web.Request) -> dict[str, Any]:
    return {
        'id': 'v2.1',
        'status': 'CURRENT',
        'version': context.text(context.MAX_VERSION),
        'min_version': context.text(context.MIN_VERSION),
        'updated': '2013-07-23T11:33:21Z',
        'links': [{'rel': 'self', 'href': f'{request.url.origin()}/v2.1/'}],
    }
