# SPDX-License-Identifier: Apache-2.0
"""The keys of encrypted volumes.

Main class: :class:`FixedKey`, which does what ``ConfKeyManager`` of Cinder and of Nova does: there
is one key, and both services are told it. When one is asked for is left to
:mod:`nova_assist.compute.attachments`.
"""

from __future__ import annotations

from nova_assist.compute import errors

#: The environment variable with the key, in hexadecimal digits.
FIXED_KEY = 'NOVA_ASSIST_FIXED_KEY'

#: The only key's id (``conf_key_mgr.py`` of both).
_ID = '00000000-0000-0000-0000-000000000000'


class FixedKey:
    """One key for all volumes, or none at all.

    :param key: in hexadecimal digits, which is how Nova gives it to QEMU.
    """

    def __init__(self, key: str | None) -> None:
        self._key = key

    def passphrase(self, key_id: str) -> str:
        """Return the passphrase that a key stands for.

        :raises KeyManagerError: there is no such key.
        """
        if self._key is None or key_id != _ID:
            raise errors.KeyManagerError(
                f'there is no key {key_id}: the only key manager is the one with a fixed key, '
                f'which {FIXED_KEY} has to be set to'
            )
        return self._key
