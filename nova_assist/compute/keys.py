# SPDX-License-Identifier: Apache-2.0
"""The keys of encrypted volumes.

Main class: :class:`KeyManager`, one for each place that has them: :class:`FixedKey`, which does
what ``ConfKeyManager`` of Cinder and of Nova does: there is one key, and both services are told
it; and :class:`BarbicanKeys`. When one is asked for is left to
:mod:`nova_assist.compute.attachments`.
"""

from __future__ import annotations

import asyncio
import http
from typing import Protocol

from keystoneauth1 import exceptions

from nova_assist.compute import errors
from nova_assist.compute.credentials import Credentials

#: The environment variable with the key, in hexadecimal digits.
FIXED_KEY = 'NOVA_ASSIST_FIXED_KEY'

#: The only key's id (``conf_key_mgr.py`` of both).
_ID = '00000000-0000-0000-0000-000000000000'

#: How long Barbican may take to answer, in seconds.
_ANSWER_SECONDS = 30

#: What a key is, of all that Barbican keeps.
_BYTES = 'application/octet-stream'


class KeyManager(Protocol):
    """Has the keys."""

    async def passphrase(self, key_id: str, token: str) -> str:
        """Return the passphrase that a key stands for: the key in hexadecimal digits.

        :param token: of the user who asks for it.
        :raises KeyManagerError: the user can't have the key.
        """


class FixedKey:
    """One key for all volumes and users, or none at all.

    :param key: in hexadecimal digits, which is how Nova gives it to QEMU.
    """

    def __init__(self, key: str | None) -> None:
        self._key = key

    async def passphrase(self, key_id: str, token: str) -> str:
        """Return the passphrase that a key stands for.

        :raises KeyManagerError: there is no such key.
        """
        if self._key is None or key_id != _ID:
            raise errors.KeyManagerError(
                f'there is no key {key_id}: the only key manager is the one with a fixed key, '
                f'which {FIXED_KEY} has to be set to'
            )
        return self._key


class BarbicanKeys:
    """The keys in a Barbican, which decides who may have which.

    :param url: its API's, without version.
    :param credentials: what it believes us by.
    """

    def __init__(self, url: str, credentials: Credentials) -> None:
        self._url = url
        self._credentials = credentials

    async def passphrase(self, key_id: str, token: str) -> str:
        """Return the passphrase that a key stands for.

        :raises KeyManagerError: Barbican doesn't give it to the user, or doesn't answer.
        """
        try:
            return (await asyncio.to_thread(self._fetch, key_id, token)).hex()
        except exceptions.HttpError as error:
            reason = f'answers {error.http_status} {_phrase(error.http_status)}'
        except exceptions.ClientException as error:
            reason = f'can not be asked: {type(error).__name__}'
        raise errors.KeyManagerError(
            f'the key {key_id} is not to be had: Barbican at {self._url} {reason}'
        )

    def _fetch(self, key_id: str, token: str) -> bytes:
        answer = self._credentials.session(self._url, token).get(
            f'{self._url}/v1/secrets/{key_id}/payload',
            headers={'Accept': _BYTES},
            timeout=_ANSWER_SECONDS,
        )
        return bytes(answer.content)


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return ''
