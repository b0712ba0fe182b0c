# SPDX-License-Identifier: Apache-2.0
"""Composes ``cinder.conf``; main function: :func:`compose`. :func:`prefix_in` reads one.

Pure: which driver prefix the sections get, and where Cinder's own data files are, is left to the
caller.
"""

from __future__ import annotations

import re
import sys
import urllib.parse
from pathlib import Path

from nova_assist.cloud import identity
from nova_assist.cloud.identity import Identity, Person
from nova_assist.cloud.ini import literal, render
from nova_assist.cloud.settings import CinderSettings, Privilege

#: The configuration's name in the folder of the settings.
FILE = 'cinder.conf'

_YEAR = 365 * 24 * 3600

#: What is the same in every cloud. Service heartbeats are off and services never count as down:
#: Cinder keeps the id of "the" service once a process, so a heartbeat would reach one of the three
#: only. Quotas and the capacity filter are off: the share's own space is the only limit.
_FIXED = {
    'my_ip': '127.0.0.1',
    'transport_url': 'fake:/',
    'osapi_volume_listen': '127.0.0.1',
    'osapi_volume_workers': '1',
    'report_interval': '0',
    'service_down_time': str(_YEAR),
    'periodic_fuzzy_delay': '0',
    'reinit_driver_count': '0',
    'enable_force_upload': 'true',
    'cinder_internal_tenant_project_id': 'image-cache',
    'cinder_internal_tenant_user_id': 'image-cache',
    'verify_glance_signatures': 'disabled',
    'scheduler_default_filters': 'AvailabilityZoneFilter,CapabilitiesFilter',
    'quota_volumes': '-1',
    'quota_snapshots': '-1',
    'quota_gigabytes': '-1',
}

#: Where a share can be lost while others are there, or a service of a cluster while another one
#: goes on, that is to be seen soon; in seconds.
_WATCHFUL = {'periodic_interval': '5', 'backend_stats_polling_interval': '3'}

_NEW_POLICIES = {'enforce_new_defaults': 'true', 'enforce_scope': 'true'}

#: cinder-backup keeps backups in the folder of its state. It holds a whole chunk in memory, and
#: most of what tests have it read are zeros.
_BACKUPS = {
    'backup_driver': 'cinder.backup.drivers.posix.PosixBackupDriver',
    'backup_posix_path': '$state_path/backup',
    'backup_file_size': str(64 << 20),
    'backup_sha_block_size_bytes': str(64 << 10),
    'backup_compression_algorithm': 'zstd',
    'quota_backups': '-1',
    'quota_backup_gigabytes': '-1',
}

#: The option that tells a driver its shares.
_SHARES_CONFIG = re.compile(r'^(\w+)_shares_config = ', re.MULTILINE)

#: The sections of the privileged contexts that drivers reach, through Cinder and os-brick.
_PRIVILEGED = ('privsep', 'cinder_sys_admin', 'privsep_osbrick')


def compose(settings: CinderSettings, driver_prefix: str, data_files: Path) -> str:
    """Return the text of a ``cinder.conf``.

    :param driver_prefix: what the driver's own options start with, such as ``nfs``.
    :param data_files: the folder with Cinder's ``api-paste.ini``.
    """
    sections = _common(settings, data_files)
    for backend in settings.shares:
        sections[backend] = _backend(settings, backend, driver_prefix)
    if settings.privilege is Privilege.SUDO:
        sections.update(dict.fromkeys(_PRIVILEGED, _helper(settings)))
    return render(sections)


def prefix_in(text: str) -> str:
    """Return what the driver's own options start with in a text that :func:`compose` has made."""
    # The caller's options follow ours, so that ours is the first of that name.
    return str(_SHARES_CONFIG.findall(text)[0])


def shares_file(settings: CinderSettings, backend: str) -> Path:
    """Return the file that tells a backend its shares."""
    return settings.folder / f'shares-{backend}'


def _common(settings: CinderSettings, data_files: Path) -> dict[str, dict[str, str]]:
    """Return the sections that don't depend on the driver."""
    folder = literal(settings.folder)
    return {
        'DEFAULT': {**_default(settings, data_files), **_FIXED, **_BACKUPS},
        'database': {
            'connection': f'sqlite:///{literal(settings.database)}',
            'sqlite_synchronous': 'false',
        },
        'oslo_concurrency': {'lock_path': f'{folder}/state/lock'},
        'oslo_policy': {
            'policy_file': f'{folder}/policy.yaml',
            # As every release recommends it, where there are users with roles.
            **(_NEW_POLICIES if settings.identity else {}),
        },
        **_keys(settings),
        'coordination': {'backend_url': literal(settings.lock_url)},
        **(_with_keystone(settings.identity) if settings.identity else _without(settings)),
    }


def _default(settings: CinderSettings, data_files: Path) -> dict[str, str]:
    return {
        'host': settings.host,
        **({'cluster': settings.member.cluster} if settings.member else {}),
        'state_path': f'{literal(settings.folder)}/state',
        'enabled_backends': ','.join(settings.shares),
        'default_volume_type': next(iter(settings.shares)),
        'api_paste_config': literal(data_files / 'api-paste.ini'),
        'resource_query_filters_file': literal(data_files / 'resource_filters.json'),
        'osapi_volume_listen_port': str(settings.port),
        **(_WATCHFUL if settings.member or _has_several_shares(settings) else {}),
        'glance_api_servers': urllib.parse.urljoin(settings.compute_url, '/image'),
        'auth_strategy': 'keystone' if settings.identity else 'noauth',
    }


def _has_several_shares(settings: CinderSettings) -> bool:
    return any(names[1:] for names in settings.shares.values())


def _keys(settings: CinderSettings) -> dict[str, dict[str, str]]:
    """Return who keeps the keys of encrypted volumes.

    The fixed key is not told to a Cinder with Barbican, which would copy it there
    (``cinder/keymgr/migration.py``).
    """
    if settings.key_manager_url is None or settings.identity is None:
        # There is no key manager: this one has a single key, which Nova is to know as well.
        fixed = 'cinder.keymgr.conf_key_mgr.ConfKeyManager'
        return {'key_manager': {'backend': fixed, 'fixed_key': settings.fixed_key}}
    return {
        'key_manager': {'backend': 'barbican'},
        'barbican': {
            'barbican_endpoint': settings.key_manager_url,
            'barbican_api_version': 'v1',
            'auth_endpoint': settings.identity.url,
            # A user's token may have ended before the key is asked for.
            'send_service_user_token': 'true',
        },
        'barbican_service_user': _login(settings.identity, identity.CINDER),
    }


def _without(settings: CinderSettings) -> dict[str, dict[str, str]]:
    """Return how Cinder talks to Nova where there is no Keystone."""
    return {
        'nova': {
            'auth_type': 'admin_token',
            'endpoint': settings.compute_url_for_cinder,
            'token': 'cinder:service',
        }
    }


def _with_keystone(keystone: Identity) -> dict[str, dict[str, str]]:
    """Return how Cinder checks tokens, and who it is to others.

    No token is remembered: one that is revoked is to be refused at once.
    """
    ours = _login(keystone, identity.CINDER)
    return {
        'keystone_authtoken': {
            **ours,
            'www_authenticate_uri': keystone.url,
            'service_type': 'block-storage',
            'service_token_roles': identity.Role.SERVICE.value,
            'service_token_roles_required': 'true',
            'token_cache_time': '-1',
        },
        'service_user': {**ours, 'send_service_user_token': 'true'},
        'nova': {**_login(keystone, identity.NOVA), 'region_name': identity.REGION},
    }


def _login(keystone: Identity, person: Person) -> dict[str, str]:
    login = keystone.login(person.name, person.project)
    return {'auth_type': 'password', **{key: literal(value) for key, value in login.items()}}


def _helper(settings: CinderSettings) -> dict[str, str]:
    """Return how privileged calls are made: the default wants rootwrap's rules in ``/etc``."""
    program = Path(sys.executable).with_name('privsep-helper')
    command = f'sudo {program} --config-file {settings.folder / FILE}'
    return {'helper_command': literal(command)}


def _backend(settings: CinderSettings, backend: str, prefix: str) -> dict[str, str]:
    """Return one backend's section; the caller's options win over ours."""
    return {
        'volume_driver': settings.driver,
        'volume_backend_name': backend,
        'max_over_subscription_ratio': '10000',
        'reserved_percentage': '0',
        'nas_secure_file_operations': 'false',
        'nas_secure_file_permissions': 'false',
        f'{prefix}_shares_config': literal(shares_file(settings, backend)),
        f'{prefix}_mount_point_base': literal(settings.mount_base),
        f'{prefix}_snapshot_support': 'true',
        f'{prefix}_qcow2_volumes': str(backend in settings.qcow2_backends).lower(),
        **settings.options,
    }
