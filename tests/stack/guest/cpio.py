# SPDX-License-Identifier: Apache-2.0
"""Writes archives that the kernel takes for its first file system: ``cpio`` in the form *newc*.

Main function: :func:`archive`. The form is that of ``Documentation/driver-api/early-userspace``
of Linux: for each file a header of hexadecimal numbers, its name, its content.
"""

from __future__ import annotations

import dataclasses
import stat
from collections.abc import Iterable

_MAGIC = '070701'
_LAST = 'TRAILER!!!'
_ALIGNED = 4


@dataclasses.dataclass(frozen=True)
class Entry:
    """A file, folder, link or device.

    :ivar name: its path without a slash in front.
    :ivar mode: type and permissions, as in ``st_mode``.
    :ivar content: of a file, or the target of a symbolic link.
    :ivar device: of a device, major and minor number.
    """

    name: str
    mode: int
    content: bytes = b''
    device: tuple[int, int] = (0, 0)


def file(name: str, content: bytes, permissions: int = 0o644) -> Entry:
    """Return a file."""
    return Entry(name, stat.S_IFREG | permissions, content)


def folder(name: str) -> Entry:
    """Return a folder."""
    return Entry(name, stat.S_IFDIR | 0o755)


def link(name: str, target: str) -> Entry:
    """Return a symbolic link."""
    return Entry(name, stat.S_IFLNK | 0o777, target.encode())


def archive(entries: Iterable[Entry]) -> bytes:
    """Return an archive; folders have to come before what is in them."""
    whole = [*entries, Entry(_LAST, 0)]
    return b''.join(_encoded(number, entry) for number, entry in enumerate(whole, 1))


def _encoded(number: int, entry: Entry) -> bytes:
    name = entry.name.encode() + b'\0'
    fields = (
        *(number, entry.mode, 0, 0, 1, 0),  # inode, mode, owner, group, links, time
        *(len(entry.content), 0, 0, *entry.device, len(name), 0),  # the last is a checksum
    )
    header = (_MAGIC + ''.join(f'{field:08x}' for field in fields)).encode()
    return _padded(header + name) + _padded(entry.content)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _ALIGNED)
