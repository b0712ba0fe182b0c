# SPDX-License-Identifier: Apache-2.0
"""What the start of a volume's file looks like, which is not what it is.

Main function: :func:`look`. A guest can write any header into a raw volume (bug 1350504), so that
a format is never taken from here: what a file *is* say Cinder's database and the overlays.
"""

from __future__ import annotations

import dataclasses
import pathlib
import struct

from driver import exceptions, files, qcow2

#: What a header takes as qemu-img writes it; more is read where it turns out to be longer.
_FIRST = 4096

_QCOW2 = 'qcow2'

# Formats that QEMU finds by looking, with where and what it looks for (QEMU's block/*.c). LUKS is
# not among them: guests encrypt whole disks.
_MAGICS = (
    (_QCOW2, 0, qcow2.MAGIC),
    ('qed', 0, b'QED\0'),
    ('vmdk', 0, b'KDMV'),
    ('vmdk', 0, b'COWD'),
    ('vmdk', 0, b'# Disk DescriptorFile'),
    ('vhd', 0, b'conectix'),
    ('vhdx', 0, b'vhdxfile'),
    ('vdi', 64, b'\x7f\x10\xda\xbe'),
    ('parallels', 0, b'WithoutFreeSpace'),
    ('parallels', 0, b'WithouFreSpacExt'),
)

# Where in a qcow2 header (docs/interop/qcow2.txt): version, size of clusters, size of the disk,
# entries of the L1 table, incompatible features.
_VERSION = struct.Struct('>4xI')
_CLUSTERS = struct.Struct('>20xIQ4xI')
_FEATURES = struct.Struct('>72xQ')
_EXTERNAL_DATA = 1 << 2
_EXTENDED_L2 = 1 << 4


@dataclasses.dataclass(frozen=True)
class Look:
    """What a file looks like.

    :ivar magic: the format whose mark it bears, or None
    :ivar header: its qcow2 header, if it bears that mark and the header can be believed
    :ivar damage: why the qcow2 header can't be believed
    :ivar external: it is qcow2 and keeps its data in another file
    :ivar missing_l1: by how many entries its L1 table is too small for the size it claims
    """

    magic: str | None = None
    header: qcow2.Header | None = None
    damage: str = ''
    external: bool = False
    missing_l1: int = 0


def look(path: pathlib.Path) -> Look:
    """Read a file's start; a symbolic link is not followed.

    :raises OSError: it can't be read
    """
    with files.opened(path) as handle:
        found = examine(files.read_at(handle, 0, _FIRST), path.name)
        if found.damage:
            found = examine(files.read_at(handle, 0, qcow2.HEADER_BYTES), path.name)
    return found


def examine(data: bytes, name: str) -> Look:
    """Tell what the first bytes of a file look like.

    :param name: the file's name, for messages
    """
    marks = (kind for kind, at, mark in _MAGICS if data[at : at + len(mark)] == mark)
    magic = next(marks, None)
    if magic != _QCOW2:
        return Look(magic)
    features = _features(data)
    found = Look(magic, external=bool(features & _EXTERNAL_DATA))
    try:
        found = dataclasses.replace(found, missing_l1=_missing_l1(data, features))
        return dataclasses.replace(found, header=qcow2.parse(data, name))
    except (exceptions.ImageError, struct.error) as error:
        return dataclasses.replace(found, damage=str(error))


def _features(data: bytes) -> int:
    # Version 2 has no such field.
    if len(data) < _FEATURES.size or _VERSION.unpack_from(data)[0] < 3:
        return 0
    return int(_FEATURES.unpack_from(data)[0])


def _missing_l1(data: bytes, features: int) -> int:
    """Return how many entries the L1 table lacks to reach the end of the disk."""
    cluster_bits, size, entries = _CLUSTERS.unpack_from(data)
    if not 9 <= cluster_bits <= 21:
        return 0  # the header is damaged, which is told elsewhere
    entry_bits = 4 if features & _EXTENDED_L2 else 3
    covered_bits = 2 * cluster_bits - entry_bits
    needed = (size + (1 << covered_bits) - 1) >> covered_bits
    return max(0, int(needed - entries))
