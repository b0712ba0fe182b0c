# SPDX-License-Identifier: Apache-2.0
"""Opens a file on a share, and nothing else that lies under its name.

Main functions: :func:`opened` and :func:`read`. Whoever can write to the share can put a symbolic
link there that leads out of it, a pipe that keeps a reader waiting, or a device. The driver makes
regular files only, so nothing else is ever opened. What to do about it is left to
:mod:`driver.advice`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib
import stat
from collections.abc import Iterator

# No link is followed, no pipe waited for, no terminal taken over.
_GUARDS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

_KINDS = {
    stat.S_IFLNK: 'a symbolic link',
    stat.S_IFDIR: 'a folder',
    stat.S_IFIFO: 'a pipe',
    stat.S_IFSOCK: 'a socket',
    stat.S_IFCHR: 'a device',
    stat.S_IFBLK: 'a device',
}


class NotAFile(OSError):
    """Something else lies where a file should; ``strerror`` says what."""

    def __init__(self, mode: int) -> None:
        super().__init__(errno.EINVAL, f'{kind(mode)} lies where a regular file should')


def kind(mode: int) -> str:
    """Return what a file is by its mode, empty if it is a regular one."""
    return '' if stat.S_ISREG(mode) else _KINDS.get(stat.S_IFMT(mode), 'something strange')


@contextlib.contextmanager
def opened(path: pathlib.Path, flags: int = os.O_RDONLY) -> Iterator[int]:
    """Open a regular file for the length of the block; yields its descriptor.

    :raises NotAFile: it is something else, which was not followed, waited for or changed
    :raises OSError: it can't be opened
    """
    handle = _open(path, flags)
    try:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            raise NotAFile(mode)
        yield handle
    finally:
        os.close(handle)


def read(path: pathlib.Path, most: int) -> bytes:
    """Return the first bytes of a regular file, ``most`` of them if it has so many.

    :raises NotAFile: it is something else
    :raises OSError: it can't be read
    """
    with opened(path) as handle:
        return read_at(handle, 0, most)


def read_at(handle: int, offset: int, most: int) -> bytes:
    """Return ``most`` bytes of an open file from an offset on, or fewer at its end.

    :raises OSError: it can't be read
    """
    parts = []
    while most and (part := os.pread(handle, most, offset)):
        parts.append(part)
        offset += len(part)
        most -= len(part)
    return b''.join(parts)


def write(handle: int, data: bytes) -> None:
    """Write all of some bytes to an open file.

    :raises OSError: they can't be written
    """
    # No file object: eventlet, which cinder-volume runs under, would take the descriptor over.
    while data:
        data = data[os.write(handle, data) :]


def write_at(handle: int, offset: int, data: bytes) -> None:
    """Write all of some bytes to an open file from an offset on.

    :raises OSError: they can't be written
    """
    os.lseek(handle, offset, os.SEEK_SET)
    write(handle, data)


def _open(path: pathlib.Path, flags: int) -> int:
    try:
        return os.open(path, flags | _GUARDS)
    except OSError as error:
        mode = _mode(path)
        if mode and not stat.S_ISREG(mode):
            raise NotAFile(mode) from error
        if not mode or error.errno != errno.EAGAIN:
            raise
    # Another program of this host holds a lease on the file, which is given back for who waits.
    return os.open(path, (flags | _GUARDS) & ~os.O_NONBLOCK)


def _mode(path: pathlib.Path) -> int:
    """Return what lies under a name, 0 if that can't be told."""
    try:
        return path.lstat().st_mode
    except OSError:
        return 0
