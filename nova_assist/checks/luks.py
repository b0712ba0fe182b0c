# SPDX-License-Identifier: Apache-2.0
"""Reads where the data of a LUKS file begins.

Main function: :func:`header_size`. The layout is that of ``phdr`` in the "LUKS1 On-Disk Format
Specification", 1.2.3, figure 1; other versions have another one, and QEMU opens none of them.
"""

from __future__ import annotations

import struct
from pathlib import Path

from nova_assist.checks import errors

_BEGINNING = struct.Struct('>6sH96xI')
_MAGIC = b'LUKS\xba\xbe'
_VERSION = 1
_SECTOR = 512


def header_size(path: Path) -> int | None:
    """Return how many bytes of a file its LUKS header takes, ``None`` if it doesn't begin so.

    :raises errors.CheckError: it can't be read
    """
    try:
        with path.open('rb') as file:
            beginning = file.read(_BEGINNING.size)
    except OSError as error:
        raise errors.CheckError(f'{path.name} can not be read: {error}') from error
    if len(beginning) < _BEGINNING.size:
        return None
    magic, version, payload = _BEGINNING.unpack(beginning)
    return payload * _SECTOR if (magic, version) == (_MAGIC, _VERSION) else None
