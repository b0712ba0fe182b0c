# SPDX-License-Identifier: Apache-2.0
"""Composes ``barbican.conf``; main function: :func:`compose`."""

from __future__ import annotations

from nova_assist.cloud import identity
from nova_assist.cloud.barbican_settings import BarbicanSettings
from nova_assist.cloud.ini import Sections, literal, render

#: The configuration's name in the folder that Barbican looks for it in.
FILE = 'barbican.conf'

#: What Barbican looks for below the home of whoever runs it, before it looks into ``/etc``.
HOME_FOLDER = '.barbican'

#: A folder of that name beside the configuration would be read too, and is looked for likewise.
FURTHER = 'barbican.conf.d'

_DATABASE = 'barbican.sqlite'

#: One line for each request is enough, and nothing about every one that waits.
_LOG_LEVELS = ('alembic=WARNING', 'waitress.queue=ERROR')

#: Keys are made while the client waits, by nobody else: no queue, no worker.
_FIXED: Sections = {
    'queue': {'enable': 'false'},
    'secretstore': {'enabled_secretstore_plugins': 'store_crypto'},
    'crypto': {'enabled_crypto_plugins': 'simple_crypto'},
}


def compose(settings: BarbicanSettings) -> str:
    """Return the text of a ``barbican.conf``.

    No token is remembered: one that is revoked is to be refused at once.
    """
    home = literal(settings.folder)
    login = settings.identity.login(identity.BARBICAN.name, identity.BARBICAN.project)
    return render(
        {
            'DEFAULT': {
                'host_href': settings.url,
                'transport_url': 'fake:/',
                'db_auto_create': 'true',
                'use_stderr': 'true',
                'default_log_levels': ','.join(_LOG_LEVELS),
            },
            **_FIXED,
            'database': {
                'connection': f'sqlite:///{home}/{_DATABASE}',
                'sqlite_synchronous': 'false',
            },
            'simple_crypto_plugin': {'kek': literal(settings.kek)},
            'oslo_policy': {
                'policy_file': f'{home}/policy.yaml',
                'enforce_new_defaults': 'true',
                'enforce_scope': 'true',
            },
            'keystone_authtoken': {
                'auth_type': 'password',
                **{key: literal(value) for key, value in login.items()},
                'www_authenticate_uri': settings.identity.url,
                'service_type': 'key-manager',
                'service_token_roles': identity.Role.SERVICE.value,
                'service_token_roles_required': 'true',
                'token_cache_time': '-1',
            },
        }
    )
