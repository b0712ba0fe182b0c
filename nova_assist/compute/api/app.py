# SPDX-License-Identifier: Apache-2.0
"""The web application: routes, and what all requests have in common.

Main function: :func:`make_app`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from nova_assist.compute import errors
from nova_assist.compute.api import (
    assist,
    assisted,
    attachments,
    context,
    events,
    flavors,
    formalities,
    image_data,
    image_members,
    images,
    instance_actions,
    keypairs,
    networks,
    request_ids,
    servers,
    versions,
)
from nova_assist.compute.service import Compute

LOG = logging.getLogger(__name__)
#: What may be read without a token.
_OPEN = (*versions.PATHS, *images.PATHS, *networks.PATHS)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(
    compute: Compute, identification: context.Identification = context.believe
) -> web.Application:
    """Build the application over a compute service.

    :param identification: finds out who sends a request.
    """
    app = web.Application(
        middlewares=[
            request_ids.tell,
            _tell_version,
            _answer_errors,
            _identifying(identification),
        ]
    )
    versions.add_routes(app)
    flavors.add_routes(app)
    images.ImagesApi(compute.images).add_routes(app)
    image_data.ImageDataApi(compute.images).add_routes(app)
    image_members.ImageMembersApi(compute.images).add_routes(app)
    networks.add_routes(app)
    servers.ServersApi(compute).add_routes(app)
    attachments.AttachmentsApi(compute).add_routes(app)
    assisted.AssistedApi(compute).add_routes(app)
    events.EventsApi(compute).add_routes(app)
    assist.AssistApi(compute).add_routes(app)
    instance_actions.InstanceActionsApi(compute).add_routes(app)
    keypairs.KeypairsApi(compute).add_routes(app)
    formalities.FormalitiesApi(compute).add_routes(app)
    return app


@web.middleware
async def _answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer in the shape of Nova's faults whatever went wrong."""
    try:
        return await handler(request)
    except errors.ApiError as error:
        return _fault(error.fault, error.code, str(error))
    except web.HTTPException as error:
        kind = {404: 'itemNotFound', 405: 'badMethod'}.get(error.status, 'computeFault')
        return _fault(kind, error.status, error.reason)
    except (json.JSONDecodeError, UnicodeDecodeError):
        return _fault('badRequest', 400, 'Malformed request body')
    except Exception as error:
        LOG.exception('%s %s', request.method, request.path)
        return _fault(
            'computeFault',
            500,
            'Unexpected API Error. Please report this and attach the compute log: '
            f'{type(error).__name__}: {error}',
        )


@web.middleware
async def _tell_version(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Say in each answer which microversion it is of."""
    response = await handler(request)
    try:
        version = context.text(context.requested_version(request))
    except errors.ApiError:
        return response
    response.headers[context.VERSION_HEADER] = f'compute {version}'
    response.headers[context.LEGACY_VERSION_HEADER] = version
    response.headers['Vary'] = f'{context.VERSION_HEADER}, {context.LEGACY_VERSION_HEADER}'
    return response


def _identifying(identification: context.Identification) -> Middleware:
    """Return what asks for a token, but for the version documents."""
    believes = identification is context.believe
    of_images = context.believe_unnamed if believes else identification

    @web.middleware
    async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        path = resource.canonical if resource else ''
        if path not in _OPEN:
            about_images = path.startswith(images.URL)
            await context.identify(request, of_images if about_images else identification)
        return await handler(request)

    return identify


def _fault(kind: str, code: int, message: str) -> web.Response:
    return web.json_response({kind: {'code': code, 'message': message}}, status=code)
