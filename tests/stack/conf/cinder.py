# SPDX-License-Identifier: Apache-2.0
"""Composes Cinder's configuration, for API, scheduler, volume and backup alike."""

from __future__ import annotations

from nova_assist.cloud.identity import CINDER, NOVA
from nova_assist.cloud.ini import Sections, literal, render
from tests.stack.conf.common import (
    KEY,
    defaults,
    login,
    privileged,
    service_user,
    token_check,
)
from tests.stack.settings import BACKEND, Settings

_PRIVILEGED = ('cinder_sys_admin', 'privsep_osbrick')
_PROGRAMS = '/sbin,/usr/sbin,/bin,/usr/bin,/usr/local/bin,/usr/local/sbin'


def files(settings: Settings) -> dict[str, str]:
    """Return the texts by file name."""
    etc = settings.places.etc / 'cinder'
    sections = {
        **_own(settings),
        **_others(settings),
        **privileged(
            settings, etc / 'cinder.conf', _PRIVILEGED, by_sudo=settings.cinder is not None
        ),
        BACKEND: _backend(settings),
    }
    return {
        'cinder.conf': render(sections),
        'rootwrap.conf': render(_rootwrap(settings)),
        'shares': f'{settings.export}\n',
    }


def _own(settings: Settings) -> Sections:
    """Return how Cinder itself works; the share's own space is the only limit."""
    home = literal(settings.places.of('cinder'))
    data = settings.places.venv / 'etc/cinder'
    return {
        'DEFAULT': {
            **defaults(settings, 'cinder'),
            'auth_strategy': 'keystone',
            'api_paste_config': literal(data / 'api-paste.ini'),
            'resource_query_filters_file': literal(data / 'resource_filters.json'),
            'rootwrap_config': literal(settings.places.etc / 'cinder/rootwrap.conf'),
            'glance_api_servers': settings.url(settings.ports.glance),
            'enabled_backends': BACKEND,
            'default_volume_type': BACKEND,
            'report_interval': '5',
            'service_down_time': '120',
            'backend_stats_polling_interval': '10',
            'rpc_response_timeout': '120',
            'quota_volumes': '-1',
            'quota_snapshots': '-1',
            'quota_gigabytes': '-1',
            'quota_backups': '-1',
            'quota_backup_gigabytes': '-1',
            'enable_force_upload': 'true',
            'backup_driver': 'cinder.backup.drivers.posix.PosixBackupDriver',
            'backup_posix_path': literal(settings.places.of('backup')),
            'backup_workers': '1',
            # A whole one is held in memory; blocks have to be a part of it.
            'backup_file_size': str(64 * 2**20),
            'backup_sha_block_size_bytes': str(64 * 2**10),
        },
        'database': {'connection': literal(settings.database('cinder'))},
        'oslo_concurrency': {'lock_path': f'{home}/lock'},
        'os_brick': {'lock_path': f'{home}/lock'},
        'coordination': {'backend_url': f'file://{home}/coordination'},
        'oslo_policy': {'enforce_new_defaults': 'true', 'enforce_scope': 'true'},
    }


def _others(settings: Settings) -> Sections:
    """Return who checks tokens, and how Cinder talks to other services."""
    return {
        'keystone_authtoken': {
            **token_check(settings, CINDER),
            'service_type': 'block-storage',
        },
        'service_user': service_user(settings, CINDER),
        'nova': {**login(settings, NOVA), 'interface': 'internal'},
        'key_manager': {
            'backend': 'cinder.keymgr.conf_key_mgr.ConfKeyManager',
            'fixed_key': KEY,
        },
    }


def _backend(settings: Settings) -> dict[str, str]:
    """Return the backend's section; the options given win."""
    secure = str(settings.secure).lower()
    mounting = {'nfs_mount_options': settings.mount_options} if settings.mount_options else {}
    return {
        'volume_driver': settings.driver,
        'volume_backend_name': BACKEND,
        'nfs_shares_config': literal(settings.places.etc / 'cinder/shares'),
        'nfs_mount_point_base': literal(settings.places.of('cinder') / 'mnt'),
        'nfs_snapshot_support': 'true',
        'nas_secure_file_operations': secure,
        'nas_secure_file_permissions': secure,
        'max_over_subscription_ratio': '10000',
        'reserved_percentage': '0',
        **mounting,
        **settings.options,
    }


def _rootwrap(settings: Settings) -> Sections:
    data = settings.places.venv / 'etc'
    return {
        'DEFAULT': {
            'filters_path': f'{data}/cinder/rootwrap.d,{data}/os-brick/rootwrap.d',
            'exec_dirs': f'{_PROGRAMS},{settings.places.venv}/bin',
            'use_syslog': 'false',
        }
    }
