# SPDX-License-Identifier: Apache-2.0
"""Composes Glance's configuration."""

from __future__ import annotations

from nova_assist.cloud.ini import literal, render
from tests.stack.conf.common import GLANCE, token_check
from tests.stack.settings import Settings


def files(settings: Settings) -> dict[str, str]:
    """Return the texts by file name."""
    home = literal(settings.places.of('glance'))
    sections = {
        'DEFAULT': {
            'enabled_backends': 'file:file',
        },
        'database': {'connection': literal(settings.database('glance'))},
        'glance_store': {'default_backend': 'file'},
        'file': {'filesystem_store_datadir': f'{home}/images'},
        'os_glance_staging_store': {'filesystem_store_datadir': f'{home}/staging'},
        'os_glance_tasks_store': {'filesystem_store_datadir': f'{home}/tasks'},
        'oslo_concurrency': {'lock_path': f'{home}/lock'},
        'paste_deploy': {
            'flavor': 'keystone',
            'config_file': literal(settings.places.venv / 'etc/glance/glance-api-paste.ini'),
        },
        'keystone_authtoken': token_check(settings, GLANCE),
    }
    return {'glance-api.conf': render(sections)}
