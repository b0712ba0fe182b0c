# SPDX-License-Identifier: Apache-2.0
"""Hand-made volumes for tests: layouts, chains and qcow2 headers."""

import pathlib
import stat
import struct

from driver.chain import Chain, Image
from driver.layout import Format, Layout
from driver.records import Record

VOLUME = 'volume-0f0e0d0c'
GIB = 1 << 30


def layout(folder='/share'):
    return Layout(pathlib.Path(folder), VOLUME)


def volume_with_snapshots(*snapshot_ids, base_format=Format.RAW, size=GIB):
    """Return layout, record and chain of a volume with these snapshots, oldest first."""
    place = layout()
    images = [Image(VOLUME, base_format, size)]
    record = Record(VOLUME, {})
    for snapshot_id in snapshot_ids:
        overlay = place.overlay(snapshot_id)
        lower = images[0]
        images.insert(0, Image(overlay, Format.QCOW2, size, lower.name, lower.format.value))
        record = record.with_snapshot(snapshot_id, overlay)
    return place, record, Chain(tuple(images))


def header(
    *,
    version=3,
    backing=None,
    backing_format='raw',
    size=GIB,
    incompatible=0,
    crypt=0,
    cluster_bits=16,
    magic=b'QFI\xfb',
    extensions=b'',
    **tables,
):
    """Return the bytes of a qcow2 header, as qemu-img would write them.

    :param extensions: bytes of header extensions to put first
    :param tables: other numbers and offsets of tables than usual
    """
    cluster = 1 << cluster_bits
    usual = {
        'l1_entries': -(-size // (cluster * cluster // 8)),
        'l1_offset': 3 * cluster,
        'refcount_offset': cluster,
        'refcount_clusters': 1,
        'snapshots': 0,
        'snapshots_offset': 0,
        'refcount_order': 4,
        'header_length': 104,
    }
    used = {**usual, **tables}
    if backing is not None and backing_format is not None:
        name = backing_format.encode()
        extensions += extension(0xE2792ACA, name)
    extensions += struct.pack('>II', 0, 0)
    fixed = 104 if version == 3 else 72
    name = (backing or '').encode()
    offset = fixed + len(extensions) if backing is not None else 0
    start = struct.pack(
        '>4sIQIIQIIQQIIQ',
        magic,
        version,
        offset,
        len(name),
        cluster_bits,
        size,
        crypt,
        *list(used.values())[:6],
    )
    if version == 3:
        start += struct.pack('>QQQII', incompatible, 0, 0, *list(used.values())[6:])
    return start + extensions + name


def extension(kind, content):
    """Return the bytes of a header extension."""
    return struct.pack('>II', kind, len(content)) + content.ljust(-(-len(content) // 8) * 8, b'\0')


def mode_of(path):
    """Return a file's permission bits."""
    return stat.S_IMODE(path.stat().st_mode)
