# SPDX-License-Identifier: Apache-2.0
"""How clients talk to the cloud; main classes: :class:`Endpoints` and :class:`KeystoneEndpoints`.

Without a Keystone both services take a token ``user:project`` as it is, and every user is an
administrator.
"""

from __future__ import annotations

import dataclasses
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cinderclient import client as cinder_client
from keystoneauth1 import identity as login
from keystoneauth1 import session, token_endpoint
from novaclient import client as nova_client

from nova_assist.cloud.errors import SettingsError
from nova_assist.cloud.identity import REGION, USERS, Identity

#: The newest microversion that all supported releases of Cinder have.
CINDER_VERSION = '3.70'
#: The newest microversion that the compute service has; ``--nic none`` came with 2.37.
COMPUTE_VERSION = '2.96'
#: The file with a cloud for each user of a Keystone.
CLOUDS = 'clouds.yaml'

#: Where users are at home if there is no Keystone.
_HOME = 'demo'


@dataclasses.dataclass(frozen=True)
class Endpoints:
    """The URLs of both services, versions included."""

    cinder: str
    compute: str

    @property
    def images(self) -> str:
        """Where the compute service has its stand-in images, as catalogs have it."""
        return urllib.parse.urljoin(self.compute, '/image')

    @property
    def networks(self) -> str:
        """Likewise where there would be networks."""
        return urllib.parse.urljoin(self.compute, '/network')

    @property
    def image(self) -> str:
        """Where the images are, version included."""
        return f'{self.images}/v2'

    def cinderclient(self, project: str, user: str) -> Any:
        """Return a python-cinderclient."""
        return cinder_client.Client(
            CINDER_VERSION, session=_session(self.cinder, f'{user}:{project}')
        )

    def novaclient(self, project: str, user: str, version: str) -> Any:
        """Return a python-novaclient."""
        return nova_client.Client(version, session=_session(self.compute, f'{user}:{project}'))

    def environment(self, project: str | None, user: str) -> dict[str, str]:
        """Return the variables that make the ``openstack`` command talk to us.

        :param project: where the user acts; at home by default.
        """
        return {
            'OS_AUTH_TYPE': 'admin_token',
            'OS_TOKEN': f'{user}:{project or _HOME}',
            'OS_ENDPOINT': self.cinder,
            'OS_BLOCK_STORAGE_ENDPOINT_OVERRIDE': self.cinder,
            'OS_COMPUTE_ENDPOINT_OVERRIDE': self.compute,
            'OS_IMAGE_ENDPOINT_OVERRIDE': self.image,
            'OS_VOLUME_API_VERSION': CINDER_VERSION,
            'OS_COMPUTE_API_VERSION': COMPUTE_VERSION,
            'OS_IMAGE_API_VERSION': '2',
        }


@dataclasses.dataclass(frozen=True)
class KeystoneEndpoints(Endpoints):
    """The same behind a Keystone, with which the users of the cloud log in.

    :param folder: where the files for clients are.
    """

    identity: Identity
    folder: Path

    def session(self, project: str, user: str) -> Any:
        """Return a keystoneauth session."""
        return session.Session(auth=login.Password(**self.identity.login(user, project)))

    def cinderclient(self, project: str, user: str) -> Any:
        """Return a python-cinderclient."""
        return cinder_client.Client(
            CINDER_VERSION, session=self.session(project, user), region_name=REGION
        )

    def novaclient(self, project: str, user: str, version: str) -> Any:
        """Return a python-novaclient."""
        return nova_client.Client(version, session=self.session(project, user), region_name=REGION)

    def environment(self, project: str | None, user: str) -> dict[str, str]:
        """Return the variables that make the ``openstack`` command and tempest talk to us.

        :raises SettingsError: the user isn't in the file, or is there in another project.
        """
        homes = {person.name: person.project for person in USERS}
        if user not in homes or project not in (None, homes[user]):
            raise SettingsError(
                f'user {user} can not act in project {project}; in {CLOUDS} each has one project: '
                + ', '.join(f'{name} in {home}' for name, home in homes.items())
            )
        return {
            'OS_CLIENT_CONFIG_FILE': str(self.folder / CLOUDS),
            'OS_CLOUD': user,
            'TEMPEST_CONFIG_DIR': str(self.folder),
        }


class _Session(session.Session):  # type: ignore[misc]
    """Sends what changes something to whoever is chosen, and asks whoever that was last.

    :param choose: returns the endpoint of the next request
    """

    def __init__(self, choose: Callable[[], str], token: str) -> None:
        super().__init__(auth=token_endpoint.Token(choose(), token))
        self._choose = choose

    def request(self, url: str, method: str, **how: Any) -> Any:
        """Send a request."""
        if method != 'GET':
            self.auth.endpoint = self._choose()
        return super().request(url, method, **how)


def cinderclient_of_any(choose: Callable[[], str], token: str) -> Any:
    """Return a python-cinderclient whose requests go to one of several Cinders each.

    :param choose: returns the URL of the next one, version included
    """
    return cinder_client.Client(CINDER_VERSION, session=_Session(choose, token))


def _session(endpoint: str, token: str) -> session.Session:
    return session.Session(auth=token_endpoint.Token(endpoint, token))
