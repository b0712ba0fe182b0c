# SPDX-License-Identifier: Apache-2.0
"""The accounts that tests ask for by role, and whether a file of accounts has them.

Main functions: :func:`service_credentials` and :func:`lacking`. Making users, where there is no
such file, is left to tempest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tempest import config
from tempest.common import credentials_factory

CONF = config.CONF

#: Who calls ``os-assisted-volume-snapshots``, unless the cloud lets the service role do it alone.
_SERVICE_AND_ADMIN = ['service_user', 'admin', 'service']
_SERVICE = ['service_user', 'service']
#: Tempest's own names for accounts by scope and role begin so.
_PROJECT = 'project_'


def service_credentials() -> list[str]:
    """Return the credentials of who may call ``os-assisted-volume-snapshots``, as Cinder does.

    With Nova's newer policy that is the service role alone, before it took an administrator.
    """
    alone = CONF.enforce_scope.nova and (
        'service' in CONF.compute_feature_enabled.nova_policy_roles
    )
    return _SERVICE if alone else _SERVICE_AND_ADMIN


def lacking(wanted: Iterable[str | Sequence[str]], version: str) -> str:
    """Return which accounts with roles the file of accounts lacks; empty if it has them all.

    Where tempest makes users itself there are all that it is asked for.

    :param wanted: as in the ``credentials`` of a test class
    :param version: of the identity API
    :raises InvalidConfiguration: the file can not be read
    """
    if CONF.auth.use_dynamic_credentials:
        return ''
    provider = credentials_factory.get_credentials_provider('lacking', identity_version=version)
    missing = [
        f'an account with {" and ".join(roles)}'
        for roles in map(_roles, wanted)
        if roles and not _having(provider.hash_dict['roles'], roles)
    ]
    return ', '.join(missing)


def _roles(wanted: str | Sequence[str]) -> Sequence[str]:
    """Return the roles that credentials are about; those without any are tempest's to check."""
    if isinstance(wanted, str):
        return [wanted.removeprefix(_PROJECT)] if wanted.startswith(_PROJECT) else []
    return wanted[1:]


def _having(accounts: dict[str, list[str]], roles: Sequence[str]) -> set[str]:
    """Return the accounts that have all the roles; tempest takes an administrator only as such."""
    found = set.intersection(*(set(accounts.get(role, ())) for role in roles))
    admin = CONF.identity.admin_role
    return found if admin in roles else found - set(accounts.get(admin, ()))
