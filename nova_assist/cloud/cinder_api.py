# SPDX-License-Identifier: Apache-2.0
"""Cinder's API in this process: its application, and a question that shows that it works.

Main functions: :func:`loader`, :func:`admin_token` and :func:`known_backends`. Serving it is left
to :mod:`nova_assist.cloud.cinder_services`.
"""

from __future__ import annotations

import http.client
import json
from typing import Any

from cinder.volume import volume_utils
from keystoneauth1 import exceptions, identity, session
from oslo_config import cfg
from oslo_service import wsgi

from nova_assist.client import poll
from nova_assist.cloud.identity import NOVA, Identity

#: How long the API may take to answer.
ANSWER_SECONDS = 30

#: What the token of the user "expired" starts with.
EXPIRED = 'expired:'


class ApiError(Exception):
    """The API doesn't answer as it should."""


def let_pools_be_shown() -> None:
    """Let the API in this process show what the scheduler in this process knows of pools.

    The details of pools are a scheduler's own read-only view of them, which becomes a dictionary
    on its way to an API in another process; the API takes for granted that it is one.
    """
    from cinder.scheduler import host_manager  # wants all of Cinder's objects to be registered

    host_manager.ReadOnlyDict.copy = lambda view: dict(view)


def loader(keystone: Identity | None) -> Any:
    """Return what loads the API for ``WSGIService``."""
    return wsgi.Loader(cfg.CONF) if keystone else _Loader()


class _Loader:
    """Loads Cinder's API so that clients can find out its versions.

    They ask without a token. Cinder without Keystone answers that with a token instead of the
    version document, which stops the ``openstack`` command. And it takes any token: the one of
    :data:`EXPIRED` stands for those that Keystone's middleware refuses.
    """

    def load_app(self, name: str) -> Any:
        """Return the WSGI application of a name in ``api-paste.ini``."""
        app = wsgi.Loader(cfg.CONF).load_app(name)

        def with_discovery(environ: dict[str, Any], start_response: Any) -> Any:
            if environ['PATH_INFO'].rstrip('/') == '/v3':
                environ.setdefault('HTTP_X_AUTH_TOKEN', 'anonymous:none')
            if environ.get('HTTP_X_AUTH_TOKEN', '').startswith(EXPIRED):
                start_response('401 Unauthorized', [('Content-Type', 'text/plain')])
                return [b'Authentication required']
            return app(environ, start_response)

        return with_discovery


def admin_token(keystone: Identity | None, seconds: float) -> str:
    """Return a token that the API takes for an administrator's, once there is a Keystone.

    It is started at the same time as we are.

    :param seconds: how long it may take until it answers.
    :raises ApiError: Keystone doesn't answer until then, or gives us none.
    """
    if keystone is None:
        return 'admin:admin'
    password = identity.Password(**keystone.login(NOVA.name, NOVA.project))
    login = session.Session(auth=password, timeout=ANSWER_SECONDS)

    def look() -> str | exceptions.ClientException:
        try:
            return str(login.get_token())
        except exceptions.ClientException as error:
            return error

    found = poll(look, lambda seen: not isinstance(seen, exceptions.ConnectFailure), seconds)
    if isinstance(found, exceptions.ClientException):
        raise ApiError(f'Keystone at {keystone.url} gives {NOVA.name} no token: {found}')
    return found


def known_backends(port: int, token: str) -> set[str]:
    """Ask the API for the backends that the scheduler knows, such as ``nova-assist@raw``.

    :param port: the API's TCP port on 127.0.0.1.
    :param token: an administrator's.
    :raises ApiError: it answers otherwise than with a list.
    """
    path = '/v3/scheduler-stats/get_pools'
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=ANSWER_SECONDS)
    try:
        connection.request('GET', path, headers={'X-Auth-Token': token})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.OK:
        raise ApiError(f'the API answers {answer.status} to GET {path}: {body.decode()}')
    return {volume_utils.extract_host(pool['name']) for pool in json.loads(body)['pools']}
