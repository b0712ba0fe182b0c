# SPDX-License-Identifier: Apache-2.0
"""What a qcow2 file that the driver writes itself is made of: header and tables, as bytes. Pure.

Main functions: :func:`header`, :func:`offsets` and :func:`refcounts`. The format is that of QEMU's
``docs/interop/qcow2.txt``, version 3, with clusters and reference counts of QEMU's own choice.
Places in the file are told in clusters.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence

from driver import qcow2

_CLUSTER_BITS = 16

#: Bytes of a cluster; how many entries a table of one cluster has; how many reference counts.
CLUSTER = 1 << _CLUSTER_BITS
ENTRIES = CLUSTER // 8
REFCOUNTS = CLUSTER // 2  # of 16 bits each

_REFCOUNT_ORDER = 4

_HEADER = struct.Struct('>4sIQIIQIIQQIIQQQQII')
_EXTENSION = struct.Struct('>II')


def header(
    size: int,
    *,
    l1: int,
    l1_entries: int,
    refcount_table: int,
    refcount_table_clusters: int,
    backing: str | None,
    backing_format: str | None,
) -> bytes:
    """Return a header.

    :param size: virtual size in bytes
    :param l1: where the L1 table is
    :param l1_entries: how many it has
    :param refcount_table: where the table of reference counts is
    :param refcount_table_clusters: how many it takes
    :param backing: the backing file's name, relative to the file's folder, if it has one
    """
    extensions = _EXTENSION.pack(0, 0)
    name = os.fsencode(backing or '')
    if backing_format:
        form = backing_format.encode('ascii')
        extensions = (
            _EXTENSION.pack(qcow2.BACKING_FORMAT, len(form))
            + form.ljust(taken(len(form), 8) * 8, b'\0')
            + extensions
        )
    fixed = _HEADER.pack(
        qcow2.MAGIC,
        3,
        _HEADER.size + len(extensions) if name else 0,
        len(name),
        _CLUSTER_BITS,
        size,
        0,  # not encrypted
        l1_entries,
        l1 * CLUSTER,
        refcount_table * CLUSTER,
        refcount_table_clusters,
        *(0, 0),  # no internal snapshots
        *(0, 0, 0),  # no incompatible, compatible or autoclear features
        _REFCOUNT_ORDER,
        _HEADER.size,
    )
    return fixed + extensions + name


def offsets(values: Sequence[int]) -> bytes:
    """Return a table of offsets in bytes, flags included."""
    return struct.pack(f'>{len(values)}Q', *values)


def refcounts(counts: Sequence[int]) -> bytes:
    """Return how often each of some clusters that follow each other is referred to."""
    return struct.pack(f'>{len(counts)}H', *counts)


def taken(number: int, by: int) -> int:
    """Return how many of ``by`` a number takes."""
    return -(-number // by)
