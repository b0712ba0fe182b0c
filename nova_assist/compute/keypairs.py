# SPDX-License-Identifier: Apache-2.0
"""The key pairs of users: made or imported, and kept in one file.

Main class: :class:`Keypairs`. No guest here takes a key; clients make one before they make a
server. Private keys are handed out and not kept.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import json
import os
import pathlib

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from nova_assist.compute import errors
from nova_assist.compute.model import now

_BITS = 2048


@dataclasses.dataclass(frozen=True)
class Keypair:
    """The public half of a pair."""

    number: int
    user_id: str
    name: str
    public_key: str
    created: str

    @property
    def fingerprint(self) -> str:
        """The MD5 of the key, as Nova and older ssh clients write it."""
        digest = hashlib.md5(_key_data(self.public_key), usedforsecurity=False).hexdigest()
        return ':'.join(digest[place : place + 2] for place in range(0, len(digest), 2))


class Keypairs:
    """All key pairs.

    :param path: their file, which may not be there yet.
    :raises StateError: it can't be read.
    """

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path
        self._pairs = _load(path)

    def of_user(self, user_id: str) -> list[Keypair]:
        """Return a user's key pairs, oldest first."""
        return [pair for pair in self._pairs if pair.user_id == user_id]

    def get(self, user_id: str, name: str) -> Keypair:
        """Return one key pair.

        :raises NotFound: the user has none of that name.
        """
        for pair in self.of_user(user_id):
            if pair.name == name:
                return pair
        raise errors.NotFound(f'Keypair {name} not found for user {user_id}')

    def add(self, user_id: str, name: str, public_key: str) -> Keypair:
        """Take up a key.

        :raises BadRequest: it is no public key for ssh.
        :raises Conflict: the user has one of that name.
        """
        if any(pair.name == name for pair in self.of_user(user_id)):
            raise errors.Conflict(f"Key pair '{name}' already exists.")
        _key_data(public_key)
        number = max((pair.number for pair in self._pairs), default=0) + 1
        pair = Keypair(number, user_id, name, public_key, now())
        self._replace([*self._pairs, pair])
        return pair

    def delete(self, user_id: str, name: str) -> None:
        """Forget a key pair.

        :raises NotFound: the user has none of that name.
        """
        gone = self.get(user_id, name)
        self._replace([pair for pair in self._pairs if pair is not gone])

    def _replace(self, pairs: list[Keypair]) -> None:
        temporary = self._path.with_suffix('.new')
        temporary.write_text(json.dumps([dataclasses.asdict(pair) for pair in pairs], indent=1))
        os.replace(temporary, self._path)
        self._pairs = pairs


def make_key() -> tuple[str, str]:
    """Return a new private key and its public one. It takes a while."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return private.decode(), public.decode() + ' Generated-by-Nova'


def _key_data(public_key: str) -> bytes:
    """Return the data of a key.

    :raises BadRequest: it has none.
    """
    parts = public_key.split()
    try:
        return base64.b64decode(parts[1], validate=True)
    except (IndexError, binascii.Error) as error:
        raise errors.BadRequest(
            'Keypair data is invalid: failed to generate fingerprint'
        ) from error


def _load(path: pathlib.Path) -> list[Keypair]:
    try:
        return [Keypair(**pair) for pair in json.loads(path.read_text(encoding='utf-8'))]
    except FileNotFoundError:
        return []
    except (OSError, TypeError, ValueError) as error:
        raise errors.StateError(
            f'{path} is not a list of key pairs ({error!r}): move it away to start without it'
        ) from error
