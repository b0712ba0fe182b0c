# SPDX-License-Identifier: Apache-2.0
"""Composes ``tempest.conf`` for a cloud with a Keystone; main function: :func:`compose`.

Pure: what only the running cloud can tell is left to :mod:`nova_assist.cloud.surroundings`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import console_guest
from nova_assist.cloud import identity
from nova_assist.cloud.clients import CINDER_VERSION, COMPUTE_VERSION
from nova_assist.cloud.identity import ADMIN, Identity
from nova_assist.cloud.ini import Sections, literal, render

#: The folder of tempest's locks, in the cloud's.
LOCKS = 'tempest-locks'

#: What servers are made of, and what writes to their volumes.
STAND_IN = 'stand-in'
CONSOLE_GUEST = console_guest.IMAGE

#: Where there is no Neutron tempest skips all that has to do with servers.
_SERVICES = {
    'cinder': 'true',
    'glance': 'true',
    'horizon': 'false',
    'neutron': 'true',
    'nova': 'true',
    'swift': 'false',
}

#: Servers have no operating system, no network, and stay on their only host.
_COMPUTE_FEATURES = {
    'attach_encrypted_volume': 'false',
    'change_password': 'false',
    'cold_migration': 'false',
    'config_drive': 'false',
    'console_output': 'true',
    'interface_attach': 'false',
    'live_migration': 'false',
    'metadata_service': 'false',
    'nova_policy_roles': 'admin,member,reader,service',
    'pause': 'true',
    'rescue': 'false',
    'resize': 'false',
    'shelve': 'true',
    'snapshot': 'false',
    'suspend': 'false',
    'vnc_console': 'false',
    'volume_multiattach': 'false',
}

_VOLUME_FEATURES = {
    'backup': 'true',
    'clone': 'true',
    'concurrency_tests': 'true',
    'enable_volume_image_dep_tests': 'true',
    'manage_snapshot': 'true',
    'manage_volume': 'true',
    'snapshot': 'true',
    'volume_image_dep_tests': 'true',
    'volume_revert': 'true',
}


@dataclasses.dataclass(frozen=True)
class Share:
    """The share with the volumes that tests look at.

    :ivar owner: the id of the account that its files are to be of.
    :ivar group: likewise the group's.
    :ivar secure: whether nobody else may do anything with them.
    """

    path: Path
    owner: int
    group: int
    secure: bool


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What tempest is to be told of a cloud.

    :ivar backends: the backends, which are volume types too; the first one's share is the share.
    :ivar vendor: what the driver says of itself, if it does, like ``protocol``.
    :ivar extends_attached: whether it says that attached volumes can grow.
    :ivar images: the images' ids by name.
    :ivar flavors: the flavors' ids.
    :ivar further: options by section in which the cloud differs from the embedded one.
    """

    backends: Sequence[str]
    vendor: str | None
    protocol: str | None
    extends_attached: bool
    images: Mapping[str, str]
    flavors: Sequence[str]
    share: Share
    further: Sections = dataclasses.field(default_factory=dict)


def compose(folder: Path, keystone: Identity, surroundings: Surroundings, accounts: Path) -> str:
    """Return the text of a ``tempest.conf``.

    :param folder: the cloud's.
    :param accounts: the file with users for those who don't want new ones for each test.
    """
    return render(
        _merged(_embedded(folder, keystone, surroundings, accounts), surroundings.further)
    )


def _embedded(
    folder: Path, keystone: Identity, surroundings: Surroundings, accounts: Path
) -> Sections:
    return {
        'oslo_concurrency': {'lock_path': literal(folder / LOCKS)},
        'auth': _auth(keystone, accounts),
        'identity': {
            'uri_v3': keystone.url,
            'auth_version': 'v3',
            'region': identity.REGION,
            'v3_endpoint_type': 'public',
        },
        'service_available': _SERVICES,
        'enforce_scope': {'cinder': 'true', 'nova': 'true'},
        'validation': {'run_validation': 'false'},
        'compute': _compute(surroundings),
        'compute-feature-enabled': _COMPUTE_FEATURES,
        'volume': _volume(surroundings),
        'volume-feature-enabled': {
            **_VOLUME_FEATURES,
            'extend_attached_volume': _boolean(surroundings.extends_attached),
            'multi_backend': _boolean(len(surroundings.backends) > 1),
        },
        'assisted_snapshots': _assisted_snapshots(surroundings),
    }


def _merged(sections: Sections, further: Sections) -> Sections:
    """Return sections with further options, which win."""
    return {name: {**options, **further.get(name, {})} for name, options in sections.items()}


def _auth(keystone: Identity, accounts: Path) -> Mapping[str, str]:
    return {
        'use_dynamic_credentials': 'true',
        'test_accounts_file': literal(accounts),
        'create_isolated_networks': 'false',
        'admin_username': ADMIN.name,
        'admin_password': literal(keystone.password),
        'admin_project_name': ADMIN.project,
        'admin_domain_name': identity.DOMAIN,
    }


def _compute(surroundings: Surroundings) -> Mapping[str, str]:
    image = surroundings.images[STAND_IN]
    return {
        'image_ref': image,
        'image_ref_alt': surroundings.images.get(CONSOLE_GUEST, image),
        'flavor_ref': surroundings.flavors[0],
        'flavor_ref_alt': surroundings.flavors[1],
        'max_microversion': COMPUTE_VERSION,
    }


def _volume(surroundings: Surroundings) -> Mapping[str, str]:
    told = {'storage_protocol': surroundings.protocol, 'vendor_name': surroundings.vendor}
    return {
        'catalog_type': 'volumev3',
        'volume_type': surroundings.backends[0],
        'backend_names': ','.join(surroundings.backends),
        **{name: value for name, value in told.items() if value},
        'volume_size': '1',
        # A snapshot is known by its id in the volume's record.
        'manage_snapshot_ref': 'source-name,%s',
        'max_microversion': CINDER_VERSION,
    }


def _assisted_snapshots(surroundings: Surroundings) -> Mapping[str, str]:
    share = surroundings.share
    guest = surroundings.images.get(CONSOLE_GUEST)
    return {
        'share_access': 'local',
        'share_path': literal(share.path),
        'file_owner': str(share.owner),
        'file_group': str(share.group),
        'file_mode': '0660' if share.secure else '0666',
        # Services that root runs make files of root's.
        'secure_mode': _boolean(share.secure and share.owner != 0),
        'hold_nova': 'true',
        'depth': '4',
        'volume_type': surroundings.backends[0],
        'data_path': 'console' if guest else 'volume',
        **({'guest_image_ref': guest} if guest else {}),
    }


def _boolean(value: bool) -> str:
    return str(value).lower()
