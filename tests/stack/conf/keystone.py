# SPDX-License-Identifier: Apache-2.0
"""Composes Keystone's configuration."""

from __future__ import annotations

from nova_assist.cloud.ini import literal, render
from tests.stack.settings import Settings

_DAY = 24 * 3600


def files(settings: Settings) -> dict[str, str]:
    """Return the texts by file name."""
    keys = settings.places.of('keystone')
    sections = {
        'DEFAULT': {'public_endpoint': settings.url(settings.ports.keystone)},
        'database': {'connection': literal(settings.database('keystone'))},
        # Few rounds make weak hashes of passwords that are in files beside them.
        'identity': {'password_hash_rounds': '4'},
        'token': {'provider': 'fernet', 'expiration': str(_DAY)},
        'fernet_tokens': {'key_repository': literal(keys / 'token-keys')},
        'fernet_receipts': {'key_repository': literal(keys / 'token-keys')},
        'credential': {'key_repository': literal(keys / 'credential-keys')},
    }
    return {'keystone.conf': render(sections)}
