# SPDX-License-Identifier: Apache-2.0
"""Fills Keystone with the cloud's projects, users, roles and catalog; main function: :func:`fill`.

In Keystone's own process, once it has been bootstrapped. What is there already stays, with the
password and the URLs of this start.
"""

from __future__ import annotations

import uuid
from typing import Any

import keystone.conf
from keystone import exception
from keystone.common import provider_api

from nova_assist.cloud import identity
from nova_assist.cloud.keystone_settings import KeystoneSettings

_PROVIDERS = provider_api.ProviderAPIs
_INTERFACES = ('public', 'internal', 'admin')


def fill(settings: KeystoneSettings) -> None:
    """Make everybody and everything that is missing."""
    roles = {role['name']: role['id'] for role in _PROVIDERS.role_api.list_roles()}
    for person in identity.PEOPLE:
        user = _user(person, settings.identity.password)
        for role in person.roles:
            _grant(user, _project(person.project), roles[role.value])
    _let_administrator_into_all(roles[identity.Role.ADMIN.value])
    for entry in settings.catalog:
        _service(entry)


def _let_administrator_into_all(role: str) -> None:
    admin = _PROVIDERS.identity_api.get_user_by_name(identity.ADMIN.name, _domain())
    for project in {user.project for user in identity.USERS}:
        _grant(admin, _project(project), role)


def _domain() -> str:
    return str(keystone.conf.CONF.identity.default_domain_id)


def _project(name: str) -> Any:
    """Return a project, made if it is missing."""
    resource = _PROVIDERS.resource_api
    try:
        return resource.get_project_by_name(name, _domain())
    except exception.ProjectNotFound:
        new = {'id': uuid.uuid4().hex, 'name': name, 'domain_id': _domain(), 'enabled': True}
        return resource.create_project(new['id'], {**new, 'description': ''})


def _user(person: identity.Person, password: str) -> Any:
    """Return a user, made if missing, whose password is the given one."""
    people = _PROVIDERS.identity_api
    try:
        user = people.get_user_by_name(person.name, _domain())
    except exception.UserNotFound:
        return people.create_user(
            {'name': person.name, 'domain_id': _domain(), 'enabled': True, 'password': password}
        )
    try:
        people.driver.authenticate(user['id'], password)
    except AssertionError:  # Keystone's way of saying that it is another one
        people.update_user(user['id'], {'password': password})
    return user


def _grant(user: Any, project: Any, role: str) -> None:
    try:
        _PROVIDERS.assignment_api.add_role_to_user_and_project(user['id'], project['id'], role)
    except exception.Conflict:
        return


def _service(entry: identity.Entry) -> None:
    """Put a service into the catalog, or its URL right."""
    catalog = _PROVIDERS.catalog_api
    found = [each for each in catalog.list_services() if each['type'] == entry.type]
    if found:
        service = found[0]
    else:
        new = {'id': uuid.uuid4().hex, 'type': entry.type, 'name': entry.name, 'enabled': True}
        service = catalog.create_service(new['id'], new)
    endpoints = {
        each['interface']: each
        for each in catalog.list_endpoints()
        if each['service_id'] == service['id']
    }
    for interface in _INTERFACES:
        if interface in endpoints:
            _move(endpoints[interface], entry.url)
        else:
            _add(service['id'], interface, entry.url)


def _move(endpoint: Any, url: str) -> None:
    if endpoint['url'] != url:
        _PROVIDERS.catalog_api.update_endpoint(endpoint['id'], {**endpoint, 'url': url})


def _add(service: str, interface: str, url: str) -> None:
    new = {
        'id': uuid.uuid4().hex,
        'service_id': service,
        'interface': interface,
        'url': url,
        'region_id': identity.REGION,
        'enabled': True,
    }
    _PROVIDERS.catalog_api.create_endpoint(new['id'], new)
