# SPDX-License-Identifier: Apache-2.0
"""Who asks, and in which version of the API.

Main class: :class:`Context`, which each handler gets by :func:`context_of`.
"""

from __future__ import annotations

import dataclasses
import re

from aiohttp import web

from nova_assist.compute import errors

MIN_VERSION = (2, 1)
#: The newest that python-novaclient 18.12 speaks.
MAX_VERSION = (2, 96)
VERSION_HEADER = 'OpenStack-API-Version'
LEGACY_VERSION_HEADER = 'X-OpenStack-Nova-API-Version'
#: Users with the role of an administrator or of a service.
PRIVILEGED_USERS = frozenset(('admin', 'cinder'))

_KEY = 'nova_assist.context'


@dataclasses.dataclass(frozen=True)
class Context:
    """The identity behind a request and its microversion.

    ``token`` has the form ``user:project`` of Cinder's ``noauth``, and is handed on to Cinder.
    """

    user: str
    project: str
    token: str
    version: tuple[int, int]

    @property
    def privileged(self) -> bool:
        """Whether the user is an administrator or a service."""
        return self.user in PRIVILEGED_USERS

    def require_privileged(self, rule: str) -> None:
        """Enforce a policy that lets administrators and services in only.

        :raises Forbidden: the user is neither.
        """
        if not self.privileged:
            raise errors.Forbidden(f"Policy doesn't allow {rule} to be performed.")


def identify(request: web.Request) -> None:
    """Read identity and microversion from a request's headers and keep them with it.

    :raises Unauthorized: it carries no token.
    :raises NotAcceptable, BadRequest: its microversion is out of range, or is none.
    """
    token = request.headers.get('X-Auth-Token')
    if not token:
        raise errors.Unauthorized('The request you have made requires authentication.')
    user, _, project = token.partition(':')
    request[_KEY] = Context(user, project or user, token, requested_version(request))


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
