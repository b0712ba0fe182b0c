# SPDX-License-Identifier: Apache-2.0
"""What the configurations of several services have in common.

Main functions: :func:`defaults` and :func:`login`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nova_assist.cloud import identity
from nova_assist.cloud.identity import Person, Role
from nova_assist.cloud.ini import literal
from tests.stack.settings import ADDRESS, HOST, Settings

#: Services that the embedded cloud has no users for.
GLANCE = Person('glance', identity.SERVICES, (Role.SERVICE,))
PLACEMENT = Person('placement', identity.SERVICES, (Role.SERVICE,))

#: A key manager that is none: one key for all volumes.
KEY = '0123456789abcdef' * 4

#: Logs say what was asked of whom, but not each statement and frame.
_LOG_LEVELS = ','.join(
    (
        'amqp=WARNING',
        'dogpile=INFO',
        'keystoneauth=INFO',
        'keystonemiddleware=WARNING',
        'oslo.cache=INFO',
        'oslo.messaging=INFO',
        'oslo_messaging=INFO',
        'oslo_policy=WARNING',
        'oslo_service=INFO',
        'routes=WARNING',
        'sqlalchemy=WARNING',
        'stevedore=WARNING',
        'urllib3.connectionpool=WARNING',
    )
)


def defaults(settings: Settings, service: str) -> dict[str, str]:
    """Return the options of the section ``DEFAULT`` that Cinder and Nova share.

    :param service: whose they are; its folder is called so.
    """
    return {
        'debug': 'true',
        'default_log_levels': _LOG_LEVELS,
        'host': HOST,
        'my_ip': ADDRESS,
        'state_path': literal(settings.places.of(service)),
        'transport_url': literal(settings.transport),
        # Otherwise up to a minute passes before hosts are discovered.
        'periodic_fuzzy_delay': '0',
    }


def login(settings: Settings, person: Person) -> dict[str, str]:
    """Return the options with which a service logs in."""
    words = settings.identity.login(person.name, person.project)
    return {
        'auth_type': 'password',
        **{name: literal(value) for name, value in words.items()},
        'region_name': identity.REGION,
    }


def token_check(settings: Settings, person: Person) -> dict[str, str]:
    """Return the options with which a service checks tokens."""
    return {
        'www_authenticate_uri': settings.identity.url,
        **login(settings, person),
        'service_token_roles': Role.SERVICE.value,
        'service_token_roles_required': 'true',
    }


def service_user(settings: Settings, person: Person) -> dict[str, str]:
    """Return the options with which a service adds a token of its own to its user's."""
    return {'send_service_user_token': 'true', **login(settings, person)}


def privileged(
    settings: Settings, conf: Path, contexts: tuple[str, ...], *, by_sudo: bool
) -> Mapping[str, Mapping[str, str]]:
    """Return the sections of what is done as root; the default wants rules in ``/etc``.

    :param conf: the service's configuration.
    """
    helper = f'{settings.places.program("privsep-helper")} --config-file {conf}'
    command = literal(f'sudo {helper}' if by_sudo else helper)
    return {context: {'helper_command': command} for context in contexts}


def sudoers(settings: Settings) -> str:
    """Return what accounts may do as root: what their services ask for, as everywhere."""
    places = settings.places
    helper = f'{places.program("privsep-helper")} *'
    rootwrap = f'{places.program("cinder-rootwrap")} {places.etc}/cinder/rootwrap.conf *'
    return (
        f'Defaults secure_path="{places.venv}/bin:/usr/sbin:/usr/bin:/sbin:/bin"\n'
        'root ALL=(ALL:ALL) NOPASSWD: ALL\n'
        f'cinder ALL=(root) NOPASSWD: {rootwrap}, {helper}\n'
        f'nova ALL=(root) NOPASSWD: {helper}\n'
    )
