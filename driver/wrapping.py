# SPDX-License-Identifier: Apache-2.0
"""Makes a raw file a qcow2 image of the same data, in place: its metadata goes behind the data.

Main function: :func:`wrap`. To copy the data, as ``qemu-img convert`` does, would take as long as
the volume is large, and who waits for this does so for a minute at most. The file is made of
:mod:`driver.qcow2_parts`. It must have another name than a volume's until it is complete.
"""

from __future__ import annotations

import dataclasses
import errno
import os
import pathlib

from driver import advice, exceptions, files, native, qcow2_parts

_CLUSTER = qcow2_parts.CLUSTER
_ENTRIES = qcow2_parts.ENTRIES
_REFCOUNTS = qcow2_parts.REFCOUNTS

# Of an entry that leads to a cluster which nothing else refers to; an entry that leads nowhere and
# hides what a backing file has.
_COPIED = 1 << 63
_ZEROS = 1


@dataclasses.dataclass(frozen=True)
class _Plan:
    """Where everything goes, in clusters.

    After the data come its first cluster, which makes room for the header, and the tables.

    :ivar size: of the data, in bytes
    """

    size: int

    @property
    def data(self) -> int:
        return qcow2_parts.taken(self.size, _CLUSTER)

    @property
    def l2_tables(self) -> int:
        return qcow2_parts.taken(self.data, _ENTRIES)

    @property
    def l1(self) -> int:
        return self.data + 1

    @property
    def l2(self) -> int:
        return self.l1 + qcow2_parts.taken(self.l2_tables, _ENTRIES)

    @property
    def refcount_table(self) -> int:
        return self.l2 + self.l2_tables

    @property
    def refcount_blocks(self) -> int:
        """How many blocks count every cluster, their own and their table's included."""
        blocks = 0
        while (wanted := qcow2_parts.taken(self._total(blocks), _REFCOUNTS)) != blocks:
            blocks = wanted
        return blocks

    @property
    def first_refcount_block(self) -> int:
        return self.refcount_table + self.table_clusters(self.refcount_blocks)

    @property
    def total(self) -> int:
        return self._total(self.refcount_blocks)

    def _total(self, blocks: int) -> int:
        return self.refcount_table + self.table_clusters(blocks) + blocks

    @staticmethod
    def table_clusters(blocks: int) -> int:
        """Return how large a table of so many refcount blocks is."""
        return qcow2_parts.taken(blocks, _ENTRIES)


@native.waiting
def wrap(path: pathlib.Path, backing: str | None, backing_format: str | None) -> None:
    """Make a raw file a qcow2 image that shows its data and nothing of a backing file.

    :param path: the file, which nobody has open; not usable any more if this fails
    :param backing: the backing file's name, relative to the file's folder, if it is to have one
    :raises ShareError: it can't be written
    """
    try:
        with files.opened(path, os.O_RDWR) as handle:
            plan = _Plan(os.fstat(handle).st_size)
            held = _held(handle, plan)
            _write(handle, plan.data, files.read_at(handle, 0, _CLUSTER))
            _write_l2(handle, plan, held)
            _write_refcounts(handle, plan, held)
            # A cluster that is not written to its end would be one too short.
            os.ftruncate(handle, plan.total * _CLUSTER)
            os.fsync(handle)
            header = qcow2_parts.header(
                plan.size,
                l1=plan.l1,
                l1_entries=plan.l2_tables,
                refcount_table=plan.refcount_table,
                refcount_table_clusters=plan.table_clusters(plan.refcount_blocks),
                backing=backing,
                backing_format=backing_format,
            )
            _write(handle, 0, header.ljust(_CLUSTER, b'\0'))
    except OSError as error:
        raise exceptions.ShareError(
            f'Could not make {path} a qcow2 image: {error.strerror}. '
            f'{advice.on_file(path, error)} Then repeat.'
        ) from error


def _held(handle: int, plan: _Plan) -> bytearray:
    """Return for each cluster of the data 1, or 0 if it is a hole; the first one is none."""
    held = bytearray(plan.data)
    held[:1] = b'\1'
    end = 0
    while True:
        try:
            start = os.lseek(handle, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return held
            raise
        end = os.lseek(handle, start, os.SEEK_HOLE)
        first, last = start // _CLUSTER, qcow2_parts.taken(end, _CLUSTER)
        held[first:last] = b'\1' * (last - first)


def _write_l2(handle: int, plan: _Plan, held: bytearray) -> None:
    tables = range(plan.l2, plan.l2 + plan.l2_tables)
    l1 = qcow2_parts.offsets([place * _CLUSTER | _COPIED for place in tables])
    _write(handle, plan.l1, l1)
    for number, place in enumerate(tables):
        first = number * _ENTRIES
        entries = [
            cluster * _CLUSTER | _COPIED if held[cluster] else _ZEROS
            for cluster in range(first, min(first + _ENTRIES, plan.data))
        ]
        if first == 0:
            entries[0] = plan.data * _CLUSTER | _COPIED  # moved out of the header's way
        _write(handle, place, qcow2_parts.offsets(entries))


def _write_refcounts(handle: int, plan: _Plan, held: bytearray) -> None:
    start, total = plan.first_refcount_block, plan.total
    blocks = range(start, start + plan.refcount_blocks)
    _write(
        handle, plan.refcount_table, qcow2_parts.offsets([place * _CLUSTER for place in blocks])
    )
    counts = held + b'\1' * (total - plan.data)
    for number, place in enumerate(blocks):
        counted = counts[number * _REFCOUNTS : (number + 1) * _REFCOUNTS]
        _write(handle, place, qcow2_parts.refcounts(counted))


def _write(handle: int, cluster: int, data: bytes) -> None:
    files.write_at(handle, cluster * _CLUSTER, data)
