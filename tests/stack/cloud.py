# SPDX-License-Identifier: Apache-2.0
"""How we talk to a stack that is up; main class: :class:`Cloud`, its administrator's clients."""

from __future__ import annotations

import functools
from typing import Any

from cinderclient import client as cinder_client
from keystoneauth1 import adapter, identity, session
from novaclient import client as nova_client

from nova_assist.cloud.clients import CINDER_VERSION, COMPUTE_VERSION
from nova_assist.cloud.identity import ADMIN, REGION
from tests.stack.settings import Settings

#: With which Cinder sends events.
EVENTS_VERSION = '2.51'


class Cloud:
    """The administrator's clients."""

    def __init__(self, settings: Settings) -> None:
        login = settings.identity.login(ADMIN.name, ADMIN.project)
        self._session = session.Session(auth=identity.Password(**login))

    @functools.cached_property
    def nova(self) -> Any:
        """A python-novaclient."""
        return nova_client.Client(COMPUTE_VERSION, session=self._session, region_name=REGION)

    @functools.cached_property
    def nova_of_services(self) -> Any:
        """One that reaches Nova where Cinder does."""
        return nova_client.Client(
            EVENTS_VERSION,
            session=self._session,
            region_name=REGION,
            endpoint_type='internal',
        )

    @functools.cached_property
    def cinder(self) -> Any:
        """A python-cinderclient."""
        return cinder_client.Client(CINDER_VERSION, session=self._session, region_name=REGION)

    def rest(self, service_type: str) -> Any:
        """Return what sends requests, relative to the URL of a service in the catalog."""
        return adapter.Adapter(
            self._session, service_type=service_type, region_name=REGION, interface='public'
        )
