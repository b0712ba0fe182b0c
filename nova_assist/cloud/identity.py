# SPDX-License-Identifier: Apache-2.0
"""Who is who in a cloud with a Keystone: main classes :class:`Identity` and :class:`Person`.

Pure, and imported before anything is patched: how clients log in is left to
:mod:`nova_assist.cloud.clients`, how people get into Keystone to
:mod:`nova_assist.cloud.keystone_directory`.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping

REGION = 'RegionOne'
DOMAIN = 'Default'

#: The project of the services' users.
SERVICES = 'service'


class Role(enum.Enum):
    """The roles that Keystone makes, as far as somebody has one here."""

    ADMIN = 'admin'
    MEMBER = 'member'
    READER = 'reader'
    SERVICE = 'service'


@dataclasses.dataclass(frozen=True)
class Person:
    """A user.

    :ivar project: where the user is at home.
    :ivar roles: what the user is there.
    """

    name: str
    project: str
    roles: tuple[Role, ...]


ADMIN = Person('admin', 'admin', (Role.ADMIN,))

#: Those whom clients and tests act as. Tests that run two at a time need two of each, and take
#: for a member whom they find first: the ones with few or other rights come last.
USERS = (
    ADMIN,
    Person('demo', 'demo', (Role.MEMBER,)),
    Person('alt', 'alt', (Role.MEMBER,)),
    Person('admin-2', 'admin-2', (Role.ADMIN,)),
    Person('demo-2', 'demo-2', (Role.MEMBER,)),
    Person('alt-2', 'alt-2', (Role.MEMBER,)),
    Person('demo-reader', 'demo', (Role.READER,)),
    Person('demo-reader-2', 'demo-2', (Role.READER,)),
    Person('demo-service', 'demo', (Role.SERVICE,)),
    Person('demo-service-2', 'demo-2', (Role.SERVICE,)),
    Person('admin-service', 'admin', (Role.ADMIN, Role.SERVICE)),
    Person('admin-service-2', 'admin-2', (Role.ADMIN, Role.SERVICE)),
)

#: Cinder checks tokens, and proves to be a service. As Nova it asks for snapshots, and Nova calls
#: it back with that token about a snapshot of somebody else's, which takes an administrator.
CINDER = Person('cinder', SERVICES, (Role.SERVICE,))
NOVA = Person('nova', SERVICES, (Role.ADMIN, Role.SERVICE))

#: Barbican only checks tokens: who may have a key is for the policy to say, by the caller's.
BARBICAN = Person('barbican', SERVICES, (Role.SERVICE,))

PEOPLE = (*USERS, CINDER, NOVA, BARBICAN)


@dataclasses.dataclass(frozen=True)
class Identity:
    """Where a cloud's Keystone is, and everybody's password there.

    :param port: its TCP port on 127.0.0.1.
    """

    port: int
    password: str

    @property
    def url(self) -> str:
        """The API's URL, version included."""
        return f'http://127.0.0.1:{self.port}/v3'

    def login(self, user: str, project: str) -> dict[str, str]:
        """Return what keystoneauth's password plugin wants, by the names of its options."""
        return {
            'auth_url': self.url,
            'username': user,
            'password': self.password,
            'user_domain_name': DOMAIN,
            'project_name': project,
            'project_domain_name': DOMAIN,
        }


@dataclasses.dataclass(frozen=True)
class Entry:
    """A service in the catalog."""

    type: str
    name: str
    url: str


def catalog(
    identity: str, cinder: str, compute: str, beside: Mapping[str, str]
) -> tuple[Entry, ...]:
    """Return the catalog: the services' URLs, versions included.

    Cinder is in it twice, under both types that clients look for. The older one has the project in
    its URL, as it always had.

    :param beside: the URLs without version of what stands in for further services, by type.
    """
    return (
        Entry('identity', 'keystone', identity),
        Entry('compute', 'nova', compute),
        Entry('volumev3', 'cinderv3', f'{cinder}/$(project_id)s'),
        Entry('block-storage', 'cinder', cinder),
        *(Entry(type, f'stand-in-{type}', url) for type, url in beside.items()),
    )
