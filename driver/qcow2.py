# SPDX-License-Identifier: Apache-2.0
"""A qcow2 header's bytes as a value, and the gate for headers that are damaged or hostile.

Main class: :class:`Header`. Pure: reading files is left to :mod:`driver.chain`. The format is
that of ``docs/interop/qcow2.txt`` in QEMU's sources.
"""

from __future__ import annotations

import dataclasses
import struct

from driver import exceptions

MAGIC = b'QFI\xfb'

#: Bytes to read from a file's start: QEMU keeps header, extensions and name well below that.
HEADER_BYTES = 64 * 1024

_FIXED = struct.Struct('>4sIQIIQIIQQIIQ')
_VERSION_3 = struct.Struct('>QQQII')
_EXTENSION = struct.Struct('>II')

_BACKING_FORMAT = 0xE2792ACA
_END_OF_EXTENSIONS = 0
_LONGEST_NAME = 1023
_LONGEST_FORMAT = 32

# QEMU's QCOW_MAX_L1_SIZE is 32 MiB.
_MOST_L1_ENTRIES = (32 << 20) // 8

_CORRUPT = 1 << 1
_EXTERNAL_DATA = 1 << 2


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


def parse(data: bytes, name: str) -> Header:
    """Parse the first bytes of a file as a qcow2 header.

    :param data: the file's first :data:`HEADER_BYTES` bytes, or all of a shorter file
    :param name: the file's name, for messages
    :raises ImageError: not a qcow2 header, a damaged one, or one that reaches for an external
        data file (CVE-2024-32498)
    """
    if len(data) < _FIXED.size or data[:4] != MAGIC:
        raise _bad(name, 'has no qcow2 header')
    fields = _FIXED.unpack_from(data)
    version, offset, length, cluster_bits, size, crypt, l1_entries, l1_offset = fields[1:9]
    if version not in (2, 3):
        raise _bad(name, f'has qcow2 version {version}, and only 2 and 3 are known')
    if not 9 <= cluster_bits <= 21:
        raise _bad(name, f'has a cluster size of 2^{cluster_bits} bytes, which qcow2 forbids')
    if l1_entries > _MOST_L1_ENTRIES:
        raise _bad(name, f'has an L1 table of {l1_entries} entries, more than QEMU allows')
    header_length = _FIXED.size
    if version == 3:
        header_length = _check_version_3(data, name)
    return Header(
        virtual_size=size,
        backing_file=_backing_file(data, offset, length, name),
        backing_format=_backing_format(data, header_length, offset or len(data), name),
        encrypted=crypt != 0,
        l1_offset=l1_offset,
        l1_entries=l1_entries,
    )


def _check_version_3(data: bytes, name: str) -> int:
    if len(data) < _FIXED.size + _VERSION_3.size:
        raise _bad(name, 'has a header that is cut off')
    incompatible, _, _, _, header_length = _VERSION_3.unpack_from(data, _FIXED.size)
    if incompatible & _EXTERNAL_DATA:
        raise _bad(name, 'keeps its data in an external file, which a volume may not')
    if incompatible & _CORRUPT:
        raise _bad(name, 'is marked as corrupt by QEMU')
    if header_length < _FIXED.size + _VERSION_3.size or header_length % 8:
        raise _bad(name, f'claims a header of {header_length} bytes')
    return int(header_length)


def _backing_file(data: bytes, offset: int, length: int, name: str) -> str | None:
    if offset == 0:
        return None
    if not 0 < length <= _LONGEST_NAME or offset + length > len(data):
        raise _bad(name, 'has a backing file name outside its header')
    return _text(data[offset : offset + length], name)


def _backing_format(data: bytes, start: int, end: int, name: str) -> str | None:
    position = start
    while position + _EXTENSION.size <= min(end, len(data)):
        kind, length = _EXTENSION.unpack_from(data, position)
        position += _EXTENSION.size
        if kind == _END_OF_EXTENSIONS:
            return None
        if position + length > len(data):
            raise _bad(name, 'has a header extension that is cut off')
        if kind == _BACKING_FORMAT:
            if length > _LONGEST_FORMAT:
                raise _bad(name, f'has a backing format name of {length} bytes')
            return _text(data[position : position + length], name)
        position += (length + 7) // 8 * 8
    return None


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode('ascii')
    except UnicodeDecodeError as error:
        raise _bad(name, 'has a name in its header that is not plain text') from error


def _bad(name: str, what: str) -> exceptions.ImageError:
    return exceptions.ImageError(
        f'{name} {what}. The file was left as it is; look at it with '
        f'"qemu-img info -U -f qcow2" as an unprivileged user.'
    )
