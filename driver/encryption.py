# SPDX-License-Identifier: Apache-2.0
"""What a volume is encrypted with, from Cinder's database and its key manager.

Main function: :func:`of_volume`. How a file is encrypted is left to :mod:`driver.volumes`.
"""

from __future__ import annotations

import binascii
from typing import Any

from castellan import key_manager
from castellan.common import exception as key_errors
from cinder.db import api as db
from keystoneauth1 import exceptions as session_errors
from os_brick import encryptors
from oslo_config import cfg

from driver import exceptions
from driver.luks import Cipher, Encryption


def of_volume(volume: Any) -> Encryption | None:
    """Return what a new volume is to be encrypted with, None if it is not to be.

    The passphrase is the key in hexadecimal digits: that is what Nova gives to QEMU
    (``_attach_encryptor`` of its libvirt driver).

    :param volume: Cinder's object, with the context of the request, whose user may read the key
    :raises Unsupported: the type wants something else than LUKS, or a strange cipher
    :raises KeyUnavailable: the key is not to be had
    """
    if not volume.encryption_key_id:
        return None
    wanted = db.volume_encryption_metadata_get(volume.obj_context, volume.id)
    provider = wanted['provider']
    provider = encryptors.LEGACY_PROVIDER_CLASS_TO_FORMAT_MAP.get(provider, provider)
    if provider != encryptors.LUKS:
        raise exceptions.Unsupported(
            f'Volume {volume.id} is to be encrypted by {provider!r}: of a file on a share only '
            f'QEMU can do that, and Nova has it do so for the provider luks alone. Nothing was '
            f'made; give the volume type that provider.'
        )
    cipher = Cipher.parse(wanted['cipher'] or '', wanted['key_size'] or 0)
    return Encryption(cipher, binascii.hexlify(_key(volume)).decode())


def _key(volume: Any) -> bytes:
    """Fetch a volume's key.

    What castellan doesn't put into a word of its own is the session's: nobody answers.
    """
    try:
        keys = key_manager.API(cfg.CONF)
        found = keys.get(volume.obj_context, volume.encryption_key_id)
    except (key_errors.CastellanException, session_errors.ClientException) as error:
        raise exceptions.KeyUnavailable(
            f'The key {volume.encryption_key_id} of volume {volume.id} is not to be had of the '
            f'key manager, so that it can not be encrypted: {error}. Nothing was made; see that '
            f'the key manager answers and has the key, and that the user of the request may read '
            f'it there. Then delete the volume, and make it again.'
        ) from error
    return bytes(found.get_encoded())
