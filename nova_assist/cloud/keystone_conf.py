# SPDX-License-Identifier: Apache-2.0
"""Composes ``keystone.conf``; main function: :func:`compose`."""

from __future__ import annotations

from pathlib import Path

from nova_assist.cloud.ini import Sections, literal, render

#: The configuration's name in the folder of the settings.
FILE = 'keystone.conf'

#: Likewise the database's.
DATABASE = 'keystone.sqlite'

#: The log stays quiet about every password, which is hashed whole, and every request that waits.
_LOG_LEVELS = (
    'alembic=WARNING',
    'keystone.common.password_hashing=ERROR',
    'waitress.queue=ERROR',
)

#: Keystone asks its database some fifty times for each token, unless it remembers; it is one
#: process, so that it never remembers what another has changed. Few rounds make weak hashes of
#: passwords that are in a file beside them.
_FIXED: Sections = {
    'DEFAULT': {'use_stderr': 'true', 'default_log_levels': ','.join(_LOG_LEVELS)},
    'cache': {'enabled': 'true', 'backend': 'dogpile.cache.memory'},
    'identity': {'password_hash_rounds': '4'},
}


def compose(folder: Path) -> str:
    """Return the text of a ``keystone.conf``.

    :param folder: where database and keys are to be.
    """
    home = literal(folder)
    return render(
        {
            **_FIXED,
            'database': {
                'connection': f'sqlite:///{home}/{DATABASE}',
                'sqlite_synchronous': 'false',
            },
            'fernet_tokens': {'key_repository': f'{home}/token-keys'},
            'fernet_receipts': {'key_repository': f'{home}/token-keys'},
            'credential': {'key_repository': f'{home}/credential-keys'},
            'oslo_policy': {'policy_file': f'{home}/policy.yaml'},
        }
    )
