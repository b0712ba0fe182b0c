# SPDX-License-Identifier: Apache-2.0
"""How clients talk to the cloud; main class: :class:`Endpoints`.

Both services take a token ``user:project`` as it is, for there is no Keystone; every user is an
administrator.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from cinderclient import client as cinder_client
from keystoneauth1 import session, token_endpoint
from novaclient import client as nova_client

CINDER_VERSION = '3.70'
"""The newest microversion that all supported releases of Cinder have."""


@dataclasses.dataclass(frozen=True)
class Endpoints:
    """The URLs of both services, versions included."""

    cinder: str
    compute: str

    def cinderclient(self, project: str, user: str) -> Any:
        """Return a python-cinderclient."""
        return cinder_client.Client(
            CINDER_VERSION, session=_session(self.cinder, f'{user}:{project}')
        )

    def novaclient(self, project: str, user: str, version: str) -> Any:
        """Return a python-novaclient."""
        return nova_client.Client(version, session=_session(self.compute, f'{user}:{project}'))

    def environment(self, project: str, user: str) -> dict[str, str]:
        """Return the variables that make the ``openstack`` command talk to us."""
        return {
            'OS_AUTH_TYPE': 'admin_token',
            'OS_TOKEN': f'{user}:{project}',
            'OS_ENDPOINT': self.cinder,
            'OS_BLOCK_STORAGE_ENDPOINT_OVERRIDE': self.cinder,
            'OS_COMPUTE_ENDPOINT_OVERRIDE': self.compute,
            'OS_VOLUME_API_VERSION': CINDER_VERSION,
        }


def _session(endpoint: str, token: str) -> session.Session:
    return session.Session(auth=token_endpoint.Token(endpoint, token))
