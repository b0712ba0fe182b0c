# SPDX-License-Identifier: Apache-2.0
"""How a volume is encrypted, as values: what its LUKS header is made with.

Main class: :class:`Encryption`. Asking Cinder and its key manager is left to
:mod:`driver.encryption`, making the header to :mod:`driver.qemu_img`.
"""

from __future__ import annotations

import dataclasses
import re

from driver import exceptions

_SPECIFICATION = re.compile(r'([a-z0-9]+)-([a-z0-9]+)-([a-z0-9]+)')


@dataclasses.dataclass(frozen=True)
class Cipher:
    """A cipher by the names that QEMU has for its parts."""

    algorithm: str
    mode: str
    iv_generator: str

    @classmethod
    def parse(cls, specification: str, key_size: int) -> Cipher:
        """Read what a volume type has, such as ``aes-xts-plain64`` and 256.

        The size becomes part of the algorithm's name, as in ``decode_cipher`` of Cinder's
        ``image_utils``.

        :param key_size: bits
        :raises Unsupported: it is not of that form
        """
        found = _SPECIFICATION.fullmatch(specification)
        if found is None:
            raise exceptions.Unsupported(
                f'The volume type is to be encrypted with {specification!r}, which is not of the '
                f'form cipher-mode-iv. Nothing was made; give the type aes-xts-plain64.'
            )
        algorithm, mode, iv_generator = found.groups()
        return cls(f'{algorithm}-{key_size}', mode, iv_generator)


@dataclasses.dataclass(frozen=True)
class Encryption:
    """What a volume is encrypted with.

    :ivar passphrase: what opens it, which no message and no command line may show
    """

    cipher: Cipher
    passphrase: str = dataclasses.field(repr=False)
