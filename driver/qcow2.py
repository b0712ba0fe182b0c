# SPDX-License-Identifier: Apache-2.0
"""A qcow2 header's bytes as a value, and the gate for headers that are damaged or hostile.

Main class: :class:`Header`. Pure: reading files is left to :mod:`driver.reading`. The format is
that of ``docs/interop/qcow2.txt`` in QEMU's sources. The gate is never wider than QEMU's own: what
passes here is opened by QEMU with the same backing file, format and size, or refused by it.
"""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Iterator

from driver import exceptions

MAGIC = b'QFI\xfb'

#: Bytes to read from a file's start: QEMU keeps header, extensions and name well below that.
HEADER_BYTES = 64 * 1024

_FIXED = struct.Struct('>4sIQIIQIIQQIIQ')
_VERSION_3 = struct.Struct('>QQQII')
_EXTENSION = struct.Struct('>II')

#: The extension that tells the backing file's format.
BACKING_FORMAT = 0xE2792ACA
_DATA_FILE = 0x44415441
_END_OF_EXTENSIONS = 0
_LONGEST_NAME = 1023
_LONGEST_FORMAT = 15

# QEMU counts a disk's size in these, and rounds down what a header claims.
_SECTOR = 512
# QEMU's QCOW_MAX_L1_SIZE and QCOW_MAX_REFTABLE_SIZE, in bytes.
_LARGEST_L1 = 32 << 20
_LARGEST_REFCOUNTS = 8 << 20
_MOST_REFCOUNT_ORDER = 6
_MOST_INTERNAL_SNAPSHOTS = 65536

# No offset in a file may be larger: it has to be one of a signed number.
_FURTHEST = (1 << 63) - 1

# Incompatible features; unclean refcounts, bit 0, are QEMU's business.
_CORRUPT = 1 << 1
_EXTERNAL_DATA = 1 << 2
_COMPRESSION_TYPE = 1 << 3
_EXTENDED_L2 = 1 << 4
_KNOWN = (_EXTENDED_L2 << 1) - 1
_SMALLEST_EXTENDED = 14

# Of the compression type, which a header without the feature has 0 for: deflate, zstd.
_COMPRESSION_AT = 104
_COMPRESSIONS = (0, 1)


@dataclasses.dataclass(frozen=True)
class Header:
    """What the driver needs of a qcow2 header.

    :ivar virtual_size: size that a guest sees, in bytes
    :ivar backing_file: backing file name as recorded, or None
    :ivar backing_format: backing file's format as recorded, or None
    :ivar encrypted: whether the content is encrypted
    :ivar l1_offset: where in the file the table of tables of clusters is, in bytes
    :ivar l1_entries: how many entries of 8 bytes it has; a zero one maps no data
    """

    virtual_size: int
    backing_file: str | None
    backing_format: str | None
    encrypted: bool
    l1_offset: int
    l1_entries: int


@dataclasses.dataclass(frozen=True)
class _Fields:
    """The fields that every version has, in their order."""

    magic: bytes
    version: int
    name_offset: int
    name_length: int
    cluster_bits: int
    size: int
    crypt: int
    l1_entries: int
    l1_offset: int
    refcount_offset: int
    refcount_clusters: int
    snapshots: int
    snapshots_offset: int

    @property
    def cluster(self) -> int:
        """The size of a cluster in bytes, in the first of which the whole header has to be."""
        return 1 << self.cluster_bits

    @property
    def end(self) -> int:
        """Where extensions end at the latest."""
        return self.name_offset or self.cluster


def parse(data: bytes, name: str) -> Header:
    """Parse the first bytes of a file as a qcow2 header.

    :param data: the file's first :data:`HEADER_BYTES` bytes, or all of a shorter file
    :param name: the file's name, for messages
    :raises ImageError: not a qcow2 header, a damaged one, one that QEMU would refuse, or one that
        reaches for an external data file (CVE-2024-32498)
    """
    if len(data) < _FIXED.size or data[:4] != MAGIC:
        raise _bad(name, 'has no qcow2 header')
    fields = _Fields(*_FIXED.unpack_from(data))
    if fields.version not in (2, 3):
        raise _bad(name, f'has qcow2 version {fields.version}, and only 2 and 3 are known')
    if not 9 <= fields.cluster_bits <= 21:
        raise _bad(name, f'has a cluster size of 2^{fields.cluster_bits}, which qcow2 forbids')
    features, length = (0, _FIXED.size) if fields.version == 2 else _version_3(data, fields, name)
    _check_tables(fields, bool(features & _EXTENDED_L2), name)
    # The name first: extensions end where it begins.
    backing_file = _backing_file(data, fields, name)
    backing_format = _backing_format(data, length, fields.end, name)
    return Header(
        virtual_size=fields.size,
        backing_file=backing_file,
        # The format of no file is nobody's; QEMU doesn't tell it, either.
        backing_format=backing_format if backing_file else None,
        encrypted=fields.crypt != 0,
        l1_offset=fields.l1_offset,
        l1_entries=fields.l1_entries,
    )


def _version_3(data: bytes, fields: _Fields, name: str) -> tuple[int, int]:
    """Check what version 3 adds; returns the incompatible features and the header's length."""
    if len(data) < _FIXED.size + _VERSION_3.size:
        raise _bad(name, 'has a header that is cut off')
    features, _, _, refcount_order, length = _VERSION_3.unpack_from(data, _FIXED.size)
    if features & _EXTERNAL_DATA:
        raise _bad(name, 'keeps its data in an external file, which a volume may not')
    if features & _CORRUPT:
        raise _bad(name, 'is marked as corrupt by QEMU')
    if features & ~_KNOWN:
        raise _bad(name, f'needs features that are not known (bits {features & ~_KNOWN:#x})')
    if not _FIXED.size + _VERSION_3.size <= length <= min(fields.cluster, len(data)) or length % 8:
        raise _bad(name, f'claims a header of {length} bytes')
    if refcount_order > _MOST_REFCOUNT_ORDER:
        raise _bad(name, f'has reference counts of 2^{refcount_order} bits')
    compression = data[_COMPRESSION_AT] if length > _COMPRESSION_AT else 0
    if compression not in _COMPRESSIONS or bool(compression) != bool(features & _COMPRESSION_TYPE):
        raise _bad(name, f'is compressed in a way that is not known ({compression})')
    if features & _EXTENDED_L2 and fields.cluster_bits < _SMALLEST_EXTENDED:
        raise _bad(name, f'divides clusters of {fields.cluster} bytes, which are too small')
    return int(features), int(length)


def _check_tables(fields: _Fields, extended: bool, name: str) -> None:
    """See that the tables are where tables can be, and no larger than QEMU allows."""
    if fields.l1_entries * 8 > _LARGEST_L1:
        raise _bad(name, f'has an L1 table of {fields.l1_entries} entries, more than QEMU allows')
    if fields.size % _SECTOR:
        raise _bad(
            name,
            f'claims {fields.size} bytes, no multiple of {_SECTOR}; QEMU would leave out the rest',
        )
    mapped = fields.cluster * (fields.cluster // (16 if extended else 8))
    needed = -(-fields.size // mapped)
    if fields.l1_entries < needed:
        raise _bad(
            name,
            f'claims {fields.size} bytes, which takes an L1 table of {needed} entries, and has '
            f'{fields.l1_entries}',
        )
    refcounts = fields.refcount_clusters * fields.cluster
    if not 0 < refcounts <= _LARGEST_REFCOUNTS:
        raise _bad(name, f'has a refcount table of {refcounts} bytes')
    if fields.snapshots > _MOST_INTERNAL_SNAPSHOTS:
        raise _bad(name, f'has {fields.snapshots} internal snapshots')
    tables = {
        'an L1 table': (fields.l1_offset, fields.l1_entries * 8),
        'a refcount table': (fields.refcount_offset, refcounts),
        'a table of internal snapshots': (fields.snapshots_offset, fields.snapshots),
    }
    for what, (offset, length) in tables.items():
        if length and (not offset or offset % fields.cluster or offset + length > _FURTHEST):
            raise _bad(name, f'has {what} at {offset}, where none can be')


def _backing_file(data: bytes, fields: _Fields, name: str) -> str | None:
    start, length = fields.name_offset, fields.name_length
    if start == 0:
        return None
    if not 0 < length <= _LONGEST_NAME or start + length > min(fields.cluster, len(data)):
        raise _bad(name, 'has a backing file name outside its header')
    return _text(data[start : start + length], name)


def _backing_format(data: bytes, start: int, end: int, name: str) -> str | None:
    """Return the format in the header's extensions; two would let QEMU see another than we."""
    found = None
    for kind, content in _extensions(data, start, end, name):
        if kind == _DATA_FILE:
            raise _bad(name, 'names an external data file, which a volume may not')
        if kind != BACKING_FORMAT:
            continue
        if found is not None:
            raise _bad(name, 'records the format of its backing file twice')
        if not 0 < len(content) <= _LONGEST_FORMAT:
            raise _bad(name, f'has a backing format name of {len(content)} bytes')
        found = _text(content, name)
    return found


def _extensions(data: bytes, start: int, end: int, name: str) -> Iterator[tuple[int, bytes]]:
    """Yield the kind and the content of each extension, as QEMU walks through them."""
    if start > end:
        raise _bad(name, 'has its backing file name in the midst of its header')
    position = start
    while position < end:
        if position + _EXTENSION.size > len(data):
            raise _bad(name, 'has a header extension that is cut off')
        kind, length = _EXTENSION.unpack_from(data, position)
        position += _EXTENSION.size
        if kind == _END_OF_EXTENSIONS:
            return
        if position + length > min(end, len(data)):
            raise _bad(name, 'has a header extension that is cut off')
        yield kind, data[position : position + length]
        position += (length + 7) // 8 * 8


def _text(data: bytes, name: str) -> str:
    text = data.decode('latin-1')
    # To QEMU a name ends at its first zero byte.
    if not (text.isascii() and text.isprintable()):
        raise _bad(name, 'has a name in its header that is not plain text')
    return text


def _bad(name: str, what: str) -> exceptions.ImageError:
    return exceptions.ImageError(
        f'{name} {what}. The file was left as it was; look at it with '
        f'"qemu-img info -U -f qcow2" as an unprivileged user.'
    )
