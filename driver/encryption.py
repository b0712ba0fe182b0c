# SPDX-License-Identifier: Apache-2.0
"""What a volume is encrypted with, from Cinder's database and its key manager.

Main function: :func:`of_volume`. How a file is encrypted is left to :mod:`driver.volumes`.
"""

from __future__ import annotations

import binascii
from typing import Any

from castellan import key_manager
from cinder.db import api as db
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
    """
    if not volume.encryption_key_id:
        return None
    context = volume.obj_context
    wanted = db.volume_encryption_metadata_get(context, volume.id)
    provider = wanted['provider']
    provider = encryptors.LEGACY_PROVIDER_CLASS_TO_FORMAT_MAP.get(provider, provider)
    if provider != encryptors.LUKS:
        raise exceptions.Unsupported(
            f'Volume {volume.id} is to be encrypted by {provider!r}: of a file on a share only '
            f'QEMU can do that, and Nova has it do so for the provider luks alone. Nothing was '
            f'made; give the volume type that provider.'
        )
    cipher = Cipher.parse(wanted['cipher'] or '', wanted['key_size'] or 0)
    key = key_manager.API(cfg.CONF).get(context, volume.encryption_key_id)
    return Encryption(cipher, binascii.hexlify(key.get_encoded()).decode())
