# SPDX-License-Identifier: Apache-2.0
"""Composes Nova's configuration, for API, scheduler, conductor and compute alike."""

from __future__ import annotations

from nova_assist.cloud.identity import NOVA
from nova_assist.cloud.ini import Sections, literal, render
from tests.stack.conf.common import (
    KEY,
    defaults,
    login,
    privileged,
    service_user,
    token_check,
)
from tests.stack.settings import Settings

_PRIVILEGED = (
    'nova_sys_admin',
    'privsep_osbrick',
    'vif_plug_linux_bridge_privileged',
    'vif_plug_ovs_privileged',
)


def files(settings: Settings) -> dict[str, str]:
    """Return the texts by file name."""
    conf = settings.places.etc / 'nova' / 'nova.conf'
    sections = {
        **_own(settings),
        **_hypervisor(settings),
        **_others(settings),
        **privileged(settings, conf, _PRIVILEGED, by_sudo=settings.nova is not None),
    }
    return {'nova.conf': render(sections)}


def _own(settings: Settings) -> Sections:
    """Return how Nova itself works."""
    home = literal(settings.places.of('nova'))
    return {
        'DEFAULT': {
            **defaults(settings, 'nova'),
            'instances_path': f'{home}/instances',
            'compute_driver': 'libvirt.LibvirtDriver',
            'report_interval': '10',
            'service_down_time': '120',
            'shutdown_timeout': '5',
            'reserved_host_memory_mb': '256',
            'allow_resize_to_same_host': 'true',
            'vif_plugging_is_fatal': 'false',
            'vif_plugging_timeout': '0',
        },
        'api_database': {'connection': literal(settings.database('nova_api'))},
        'database': {'connection': literal(settings.database('nova_cell1'))},
        'oslo_concurrency': {'lock_path': f'{home}/lock'},
        'os_brick': {'lock_path': f'{home}/lock'},
        'conductor': {'workers': '1'},
        'scheduler': {'workers': '1', 'discover_hosts_in_cells_interval': '2'},
    }


def _hypervisor(settings: Settings) -> Sections:
    """Return what servers are: emulated, without a screen, and found by their serial line."""
    mounting = {'nfs_mount_options': settings.mount_options} if settings.mount_options else {}
    return {
        'vnc': {'enabled': 'false'},
        'libvirt': {
            'virt_type': 'qemu',
            'cpu_mode': 'none',
            'images_type': 'raw',
            'inject_partition': '-2',
            **mounting,
        },
    }


def _others(settings: Settings) -> Sections:
    """Return who checks tokens, and how Nova talks to other services."""
    return {
        'keystone_authtoken': token_check(settings, NOVA),
        'service_user': service_user(settings, NOVA),
        'glance': login(settings, NOVA),
        'placement': login(settings, NOVA),
        'neutron': login(settings, NOVA),
        'cinder': {
            **login(settings, NOVA),
            'catalog_info': 'volumev3::internalURL',
            'os_region_name': login(settings, NOVA)['region_name'],
        },
        'key_manager': {
            'backend': 'nova.keymgr.conf_key_mgr.ConfKeyManager',
            'fixed_key': KEY,
        },
    }
