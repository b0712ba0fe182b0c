# SPDX-License-Identifier: Apache-2.0
"""Who asks, and in which version of the API.

Main class: :class:`Context`, which each handler gets by :func:`context_of`. Who asks is taken on
trust, by :func:`believe`, or is found out by :mod:`nova_assist.compute.api.token_check`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Awaitable, Callable

from aiohttp import web

from nova_assist.compute import errors

MIN_VERSION = (2, 1)
#: The newest that python-novaclient 18.12 speaks.
MAX_VERSION = (2, 96)
VERSION_HEADER = 'OpenStack-API-Version'
LEGACY_VERSION_HEADER = 'X-OpenStack-Nova-API-Version'

#: Who may do what, by role, as Nova's policies have it since they know readers: see what is
#: others', change what is the project's, and report of volumes.
ADMINS = frozenset(('admin',))
CHANGING = frozenset(('admin', 'member'))
ASSISTING = frozenset(('admin', 'service'))

#: Where users are believed, they are members, and some are administrators and services too.
_BELIEVED = frozenset(('member', 'reader'))
_PRIVILEGED_USERS = frozenset(('admin', 'cinder'))

_KEY = 'nova_assist.context'


@dataclasses.dataclass(frozen=True)
class Context:
    """The identity behind a request and its microversion.

    ``token`` is handed on to Cinder. ``roles`` are the user's: those of a service that sends the
    request in the user's name count for nothing.
    """

    user: str
    project: str
    token: str
    version: tuple[int, int]
    roles: frozenset[str] = frozenset()

    @property
    def admin(self) -> bool:
        """Whether the user is an administrator."""
        return bool(self.roles & ADMINS)

    def require(self, rule: str, allowed: frozenset[str]) -> None:
        """Enforce a policy that lets those with some roles in only.

        :param allowed: one of :data:`ADMINS`, :data:`CHANGING` and :data:`ASSISTING`.
        :raises Forbidden: the user has none of them.
        """
        if not self.roles & allowed:
            raise errors.Forbidden(f"Policy doesn't allow {rule} to be performed.")


#: Finds out who sent a request, and which microversion it asks for.
Identification = Callable[[web.Request], Awaitable[Context]]


async def believe(request: web.Request) -> Context:
    """Return who sent a request by its token: ``user:project``, as for Cinder's ``noauth``.

    :raises Unauthorized: it carries no token.
    :raises NotAcceptable, BadRequest: its microversion is out of range, or is none.
    """
    token = request.headers.get('X-Auth-Token')
    if not token:
        raise errors.Unauthorized('The request you have made requires authentication.')
    user, _, project = token.partition(':')
    roles = _BELIEVED | (ASSISTING if user in _PRIVILEGED_USERS else frozenset())
    return Context(user, project or user, token, requested_version(request), roles)


async def believe_unnamed(request: web.Request) -> Context:
    """Return who sent a request for an image, as :func:`believe` does, or Cinder itself.

    Where there is no Keystone, Cinder sends the image service no token.

    :raises NotAcceptable, BadRequest: its microversion is out of range, or is none.
    """
    if request.headers.get('X-Auth-Token'):
        return await believe(request)
    return Context('cinder', '', '', requested_version(request), _BELIEVED | ADMINS)


async def identify(request: web.Request, identification: Identification) -> None:
    """Find out who sent a request, and keep that with it.

    :raises ApiError: nobody who may be answered.
    """
    request[_KEY] = await identification(request)


def context_of(request: web.Request) -> Context:
    """Return what :func:`identify` found."""
    context: Context = request[_KEY]
    return context


def requested_version(request: web.Request) -> tuple[int, int]:
    """Return the microversion that a request asks for; the oldest if it asks for none.

    :raises NotAcceptable, BadRequest: it is out of range, or is none.
    """
    asked = _version_text(request)
    if asked is None:
        return MIN_VERSION
    if asked == 'latest':
        return MAX_VERSION
    match = re.fullmatch(r'([1-9]\d*)\.([1-9]\d*|0)', asked)
    if match is None:
        raise errors.BadRequest(
            f'API Version String {asked} is of invalid format. Must be of format '
            'MajorNum.MinorNum.'
        )
    version = (int(match[1]), int(match[2]))
    if not MIN_VERSION <= version <= MAX_VERSION:
        raise errors.NotAcceptable(
            f'Version {asked} is not supported by the API. Minimum is {text(MIN_VERSION)} and '
            f'maximum is {text(MAX_VERSION)}.'
        )
    return version


def text(version: tuple[int, int]) -> str:
    """Return a microversion as headers have it."""
    return f'{version[0]}.{version[1]}'


def _version_text(request: web.Request) -> str | None:
    for entry in request.headers.get(VERSION_HEADER, '').split(','):
        service, _, version = entry.strip().partition(' ')
        if service == 'compute':
            return version.strip()
    return request.headers.get(LEGACY_VERSION_HEADER)
