# SPDX-License-Identifier: Apache-2.0
"""The files from which clients learn how to use a cloud with a Keystone.

Main function: :func:`write`. ``clouds.yaml`` is for the ``openstack`` command and openstacksdk,
``tempest.conf`` and ``accounts.yaml`` are for tempest; what is in ``tempest.conf`` is left to
:mod:`nova_assist.cloud.tempest_conf`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from nova_assist.cloud import identity, private, tempest_conf
from nova_assist.cloud.clients import CINDER_VERSION, CLOUDS, COMPUTE_VERSION
from nova_assist.cloud.identity import Identity, Role
from nova_assist.cloud.tempest_conf import Surroundings

ACCOUNTS = 'accounts.yaml'
TEMPEST = 'tempest.conf'


def write(folder: Path, keystone: Identity, surroundings: Surroundings) -> None:
    """Write the files, in place of those of an earlier cloud in the folder."""
    (folder / tempest_conf.LOCKS).mkdir(exist_ok=True)
    private.write(folder / CLOUDS, yaml.safe_dump(clouds(keystone), sort_keys=False))
    private.write(folder / ACCOUNTS, yaml.safe_dump(accounts(keystone), sort_keys=False))
    conf = tempest_conf.compose(folder, keystone, surroundings, folder / ACCOUNTS)
    private.write(folder / TEMPEST, conf)


def clouds(keystone: Identity) -> dict[str, Any]:
    """Return ``clouds.yaml``: a cloud for each user, by the user's name."""
    return {
        'clouds': {
            user.name: {
                'auth': keystone.login(user.name, user.project),
                'region_name': identity.REGION,
                'identity_api_version': '3',
                'volume_api_version': CINDER_VERSION,
                'compute_api_version': COMPUTE_VERSION,
                'image_api_version': '2',
            }
            for user in identity.USERS
        }
    }


def accounts(keystone: Identity) -> list[dict[str, Any]]:
    """Return ``accounts.yaml``: the users that tempest may take, in the order in which it does.

    It passes administrators over where it wants none; of the others members come first.
    """
    return [
        {
            'username': user.name,
            'password': keystone.password,
            'project_name': user.project,
            'domain_name': identity.DOMAIN,
            'roles': [role.value for role in user.roles],
            'types': ['admin'] if Role.ADMIN in user.roles else [],
        }
        for user in identity.USERS
    ]
