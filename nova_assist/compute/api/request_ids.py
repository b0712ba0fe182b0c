# SPDX-License-Identifier: Apache-2.0
"""An id for each request, told in its answer and kept with the actions that it leads to.

Main functions: :func:`tell` and :func:`request_id_of`.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable

from aiohttp import web

#: What clients look at, and the older name that Nova tells it by, too.
HEADERS = ('X-OpenStack-Request-ID', 'X-Compute-Request-ID')

_KEY = 'nova_assist.request_id'


@web.middleware
async def tell(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Give a request an id, and tell it in the answer."""
    request[_KEY] = f'req-{uuid.uuid4()}'
    response = await handler(request)
    response.headers.update(dict.fromkeys(HEADERS, request[_KEY]))
    return response


def request_id_of(request: web.Request) -> str:
    """Return a request's id."""
    request_id: str = request[_KEY]
    return request_id
