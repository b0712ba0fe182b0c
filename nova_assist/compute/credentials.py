# SPDX-License-Identifier: Apache-2.0
"""How the service proves to Cinder who asks, and that it is a service itself.

Main class: :class:`Credentials`, one for each way: :class:`Plain` where there is no Keystone, and
:class:`ServiceUser` where there is one.
"""

from __future__ import annotations

from typing import Any, Protocol

from keystoneauth1 import identity, service_token, session, token_endpoint

#: Nova proves to be a service by a token of its own, which Keystone's middleware turns into this
#: header; where there is no Keystone the header itself has to say it. Without it Cinder refuses
#: to delete an attachment that a server uses.
SERVICE_HEADERS = {'X-Service-Roles': 'service'}

#: The environment variable with the password of the service's user.
PASSWORD = 'NOVA_ASSIST_SERVICE_PASSWORD'  # noqa: S105 - its name

_DOMAIN = 'Default'


#: How long a service may take to answer, in seconds.
_ANSWER_SECONDS = 30


class Credentials(Protocol):
    """Makes sessions."""

    def session(self, url: str, token: str) -> Any:
        """Return a keystoneauth session with an API, as the user whose token it is."""

    def own_token(self, project: str) -> str:
        """Return a token of our own, for what a user of a project has asked for earlier.

        :raises keystoneauth1.exceptions.ClientException: Keystone doesn't give us one.
        """


class Plain:
    """Everybody is believed, and so are we."""

    def session(self, url: str, token: str) -> Any:
        """Return a session."""
        return session.Session(
            auth=token_endpoint.Token(url, token), additional_headers=SERVICE_HEADERS
        )

    def own_token(self, project: str) -> str:
        """Return a token as Cinder takes it: who we are, and where."""
        return f'nova:{project}'


class ServiceUser:
    """A user of Keystone's with the role of a service.

    Its token goes along with the caller's, and is renewed in time. With it Cinder accepts a
    caller's token that has expired meanwhile, as in the middle of a long merge.

    :param auth_url: Keystone's API, up to ``/v3``.
    """

    def __init__(self, auth_url: str, name: str, password: str, project: str) -> None:
        self.options = {
            'auth_url': auth_url,
            'username': name,
            'password': password,
            'user_domain_name': _DOMAIN,
            'project_name': project,
            'project_domain_name': _DOMAIN,
        }
        self._auth = identity.Password(**self.options)

    def session(self, url: str, token: str) -> Any:
        """Return a session."""
        caller = token_endpoint.Token(url, token)
        both = service_token.ServiceTokenAuthWrapper(user_auth=caller, service_auth=self._auth)
        return session.Session(auth=both)

    def own_token(self, project: str) -> str:
        """Return our token, which is an administrator's: it is good for any project."""
        return str(session.Session(auth=self._auth, timeout=_ANSWER_SECONDS).get_token())
