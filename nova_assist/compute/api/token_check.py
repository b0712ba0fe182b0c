# SPDX-License-Identifier: Apache-2.0
"""Has Keystone's middleware say whose a token is; main class: :class:`TokenCheck`.

The middleware is made for WSGI, and asks Keystone: it is run in a thread, on a request that has
the headers of ours and nothing else. What it finds it says in headers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import webob
from aiohttp import web
from keystonemiddleware import auth_token

from nova_assist.compute import errors
from nova_assist.compute.api.context import Context, requested_version
from nova_assist.compute.credentials import ServiceUser

_SERVICE = 'service'

# It warns of options that it knows very well, and of every token that isn't valid.
logging.getLogger('keystonemiddleware').setLevel(logging.ERROR)


class TokenCheck:
    """Keystone's middleware, with nothing behind it.

    No token is remembered: one that is revoked is to be refused at once.

    :param user: who asks Keystone.
    """

    def __init__(self, user: ServiceUser) -> None:
        self._middleware = auth_token.AuthProtocol(
            _nothing,
            {
                **user.options,
                'auth_type': 'password',
                'www_authenticate_uri': user.options['auth_url'],
                'service_token_roles': _SERVICE,
                'service_token_roles_required': True,
                'token_cache_time': -1,
            },
        )

    async def __call__(self, request: web.Request) -> Context:
        """Return who sent a request.

        :raises Unauthorized: it has no token that is valid.
        :raises Unavailable: Keystone doesn't answer.
        :raises NotAcceptable, BadRequest: its microversion is out of range, or is none.
        """
        headers = await asyncio.to_thread(self._checked, dict(request.headers))
        return Context(
            user=headers['X-User-Id'],
            project=headers.get('X-Project-Id', ''),
            token=headers['X-Auth-Token'],
            version=requested_version(request),
            roles=frozenset(filter(None, headers.get('X-Roles', '').split(','))),
        )

    def _checked(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return the headers with what the middleware adds, and without what was made up."""
        checked = webob.Request.blank('/', headers=headers)
        answer = checked.get_response(self._middleware)
        if answer.status_int == 401:
            raise errors.Unauthorized('The request you have made requires authentication.')
        if answer.status_int != 200:
            raise errors.Unavailable(f'Keystone cannot be asked about a token: {answer.status}')
        found: Mapping[str, str] = checked.headers
        return found


def _nothing(_: Mapping[str, Any], start_response: Any) -> list[bytes]:
    """Be what a valid request gets through to."""
    start_response('200 OK', [])
    return []
