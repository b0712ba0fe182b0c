# SPDX-License-Identifier: Apache-2.0
"""Fills a Keystone that is just bootstrapped; main function: :func:`fill`.

Over its REST API, as an operator does: users, projects, roles, the catalog.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nova_assist.cloud import identity
from nova_assist.cloud.identity import ADMIN, PEOPLE, USERS, Entry, Person, Role
from tests.stack.cloud import Cloud
from tests.stack.conf.common import GLANCE, PLACEMENT
from tests.stack.settings import Settings

#: The id of the domain that bootstrapping makes.
_DOMAIN = 'default'


def entries(settings: Settings, *, between_services: bool = False) -> tuple[Entry, ...]:
    """Return the services beside Keystone, which puts itself in the catalog.

    :param between_services: where services reach each other, not where users do.
    """
    ports, url = settings.ports, settings.url
    heard = settings.recorded and between_services
    cinder, nova = (ports.heard_cinder, ports.heard_nova) if heard else (ports.cinder, ports.nova)
    whole = identity.catalog(settings.identity.url, url(cinder, '/v3'), url(nova, '/v2.1'), {})
    return (
        *(entry for entry in whole if entry.type != 'identity'),
        Entry('image', 'glance', url(ports.glance)),
        Entry('placement', 'placement', url(ports.placement)),
        Entry('network', 'stand-in-network', url(ports.network)),
    )


def fill(cloud: Cloud, settings: Settings) -> None:
    """Make everybody and everything; Keystone has its administrator and roles already."""
    keystone = _Keystone(cloud.rest('identity'))
    people = (*PEOPLE, GLANCE, PLACEMENT)
    projects = keystone.projects(person.project for person in people)
    roles = keystone.ids('roles')
    users = {ADMIN.name: keystone.ids('users')[ADMIN.name]}
    for person in people:
        if person.name not in users:
            users[person.name] = keystone.user(person, settings.password)
        for role in person.roles:
            keystone.grant(projects[person.project], users[person.name], roles[role.value])
    for project in {user.project for user in USERS}:
        keystone.grant(projects[project], users[ADMIN.name], roles[Role.ADMIN.value])
    inside = {entry.type: entry.url for entry in entries(settings, between_services=True)}
    for entry in entries(settings):
        keystone.service(entry, inside[entry.type])


class _Keystone:
    """The calls that we need of Keystone's API."""

    def __init__(self, rest: Any) -> None:
        self._rest = rest

    def ids(self, kind: str) -> dict[str, str]:
        """Return the ids of all of a kind by name."""
        return {each['name']: each['id'] for each in self._rest.get(f'/{kind}').json()[kind]}

    def projects(self, names: Iterable[str]) -> dict[str, str]:
        """Return the ids of projects by name, made where they are missing."""
        have = self.ids('projects')
        for name in set(names) - have.keys():
            have[name] = self._make('project', {'name': name, 'domain_id': _DOMAIN})
        return have

    def user(self, person: Person, password: str) -> str:
        """Make a user, and return its id."""
        user = {'name': person.name, 'domain_id': _DOMAIN, 'password': password}
        return self._make('user', user)

    def grant(self, project: str, user: str, role: str) -> None:
        """Give a user a role in a project."""
        self._rest.put(f'/projects/{project}/users/{user}/roles/{role}')

    def service(self, entry: Entry, internal: str) -> None:
        """Put a service into the catalog.

        :param internal: the URL for other services.
        """
        service = self._make('service', {'type': entry.type, 'name': entry.name})
        urls = {'public': entry.url, 'internal': internal, 'admin': entry.url}
        for interface, url in urls.items():
            endpoint = {'service_id': service, 'interface': interface, 'url': url}
            self._make('endpoint', {**endpoint, 'region_id': identity.REGION})

    def _make(self, kind: str, content: dict[str, str]) -> str:
        made = self._rest.post(f'/{kind}s', json={kind: content})
        return str(made.json()[kind]['id'])
