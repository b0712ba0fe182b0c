# SPDX-License-Identifier: Apache-2.0
"""Makes an empty file an overlay without data, as ``qemu-img create`` does, in no time.

Main function: :func:`write`. To start a process for five small writes took most of the time of an
offline snapshot.
"""

from __future__ import annotations

import os
import pathlib

from driver import advice, exceptions, files, qcow2_parts
from driver.layout import Format

# Where everything goes, in clusters; the L1 table comes last.
_REFCOUNT_TABLE, _REFCOUNT_BLOCK, _L1 = 1, 2, 3

# QEMU counts sizes in these, and takes what a raw file has beyond the last for a whole one.
_SECTOR = 512


def write(path: pathlib.Path, backing: str, backing_format: Format, size: int) -> None:
    """Make an existing empty file an overlay; its backing file is not looked at.

    :param backing: the backing file's name, relative to the overlay's folder
    :param size: virtual size in bytes
    :raises ShareError: it can't be written
    """
    size = qcow2_parts.taken(size, _SECTOR) * _SECTOR
    # An entry leads to a table of one cluster, whose entries lead to one each.
    entries = qcow2_parts.taken(size, qcow2_parts.ENTRIES * qcow2_parts.CLUSTER)
    total = _L1 + qcow2_parts.taken(entries, qcow2_parts.ENTRIES)
    header = qcow2_parts.header(
        size,
        l1=_L1,
        l1_entries=entries,
        refcount_table=_REFCOUNT_TABLE,
        refcount_table_clusters=1,
        backing=backing,
        backing_format=backing_format.value,
    )
    parts = {
        0: header,
        _REFCOUNT_TABLE: qcow2_parts.offsets([_REFCOUNT_BLOCK * qcow2_parts.CLUSTER]),
        _REFCOUNT_BLOCK: qcow2_parts.refcounts([1] * total),
    }
    try:
        with files.opened(path, os.O_RDWR) as handle:
            for cluster, data in parts.items():
                files.write_at(handle, cluster * qcow2_parts.CLUSTER, data)
            # The rest of each cluster, and an L1 table that leads nowhere, are zeros.
            os.ftruncate(handle, total * qcow2_parts.CLUSTER)
    except OSError as error:
        raise exceptions.ShareError(
            f'Could not make {path} an overlay: {error.strerror}. {advice.on_file(path, error)} '
            f'Then repeat.'
        ) from error
