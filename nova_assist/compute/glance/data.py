# SPDX-License-Identifier: Apache-2.0
"""Receives the data of an image; main class: :class:`Receiver`.

Images are mostly zeros: those are not written, so that one of many gigabytes takes little room.
Nothing of it is kept in memory.
"""

from __future__ import annotations

import hashlib
import pathlib
import struct

from nova_assist.compute.glance.model import Content

#: Data is best handed over in blocks of so many bytes.
BLOCK = 1 << 20

_RAW = ('raw', 'iso', 'ami', 'ari', 'aki')
_QCOW2 = struct.Struct('>4s20xQ')  # magic and virtual size, as in QEMU's docs/interop/qcow2.txt
_QCOW2_MAGIC = b'QFI\xfb'


class Receiver:
    """A file that data is written to, and summed up; to be closed by leaving its context."""

    def __init__(self, path: pathlib.Path) -> None:
        self._file = path.open('wb', buffering=0)
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha512 = hashlib.sha512()
        self._start = b''
        self._size = 0

    def __enter__(self) -> Receiver:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def write(self, data: bytes) -> None:
        """Take in what comes next."""
        self._md5.update(data)
        self._sha512.update(data)
        self._start = self._start or data[: _QCOW2.size]
        self._size += len(data)
        if data.count(0) < len(data):
            self._file.write(data)
        else:
            self._file.seek(self._size)

    def finish(self, disk_format: str) -> Content:
        """Give the file its length; returns what it holds.

        :param disk_format: as the image declares it.
        """
        self._file.truncate(self._size)
        return Content(
            self._size,
            self._virtual_size(disk_format),
            self._md5.hexdigest(),
            self._sha512.hexdigest(),
        )

    def _virtual_size(self, disk_format: str) -> int | None:
        if disk_format in _RAW:
            return self._size
        if disk_format != 'qcow2' or len(self._start) < _QCOW2.size:
            return None
        magic, size = _QCOW2.unpack(self._start)
        return int(size) if magic == _QCOW2_MAGIC else None
