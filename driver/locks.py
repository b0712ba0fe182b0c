# SPDX-License-Identifier: Apache-2.0
"""Who has an image open, as QEMU's image locks tell, without starting a process.

Main functions: :func:`holders`, :func:`claim` and :func:`keep_unwritten`. QEMU holds a shared OFD
lock on one byte for each permission it uses, at 100 + bit, and for each it denies to others, at
200 + bit (QEMU's ``block/file-posix.c``). Over NFS the locks live on the server (v4, or v3 with
lockd).
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import fcntl
import functools
import os
import pathlib
import struct
from collections.abc import Iterator

from driver import advice, exceptions, mounts

# struct flock of 64-bit Linux: type, whence, start, length, pid.
_FLOCK = struct.Struct('hhqqi4x')

_CONSISTENT_READ = 100
_WRITE = 101
_RESIZE = 103
# From the byte of a permission to the one that denies it to others.
_DENIED = 100
_FIRST = 100
_COUNT = 200


@dataclasses.dataclass(frozen=True)
class Holders:
    """Whether anybody reads an image through QEMU, and whether anybody writes it."""

    reading: bool
    writing: bool

    @property
    def any(self) -> bool:
        """Whether anybody has the image open."""
        return self.reading or self.writing


def holders(path: pathlib.Path) -> Holders:
    """Tell who has an image open, in any process on any host that shares the locks.

    :raises ChainError: the file isn't there or can't be opened
    """
    device = _device(path)
    if _hides_shared_locks(device, path.parent):
        with _opened(path, os.O_RDWR) as handle:
            return Holders(*(_resists(handle, byte) for byte in (_CONSISTENT_READ, _WRITE)))
    with _opened(path, os.O_RDONLY) as handle:
        return Holders(*(_held(handle, byte) for byte in (_CONSISTENT_READ, _WRITE)))


@contextlib.contextmanager
def claim(path: pathlib.Path) -> Iterator[None]:
    """Keep every QEMU out of an image for the length of the block.

    :raises FileInUse: somebody has it open already
    :raises ChainError: the file isn't there or can't be opened
    """
    with _opened(path, os.O_RDWR) as handle:
        _lock(handle, path, fcntl.F_WRLCK, _FIRST, _COUNT)
        yield


@contextlib.contextmanager
def keep_unwritten(path: pathlib.Path) -> Iterator[None]:
    """Keep every QEMU from opening an image to write, for the length of the block.

    Reading it stays possible, and who has it open already is left to :func:`holders`.

    :raises FileInUse: somebody has claimed it
    :raises ChainError: the file isn't there or can't be opened
    """
    with _opened(path, os.O_RDONLY) as handle:
        for permission in (_WRITE, _RESIZE):
            _lock(handle, path, fcntl.F_RDLCK, permission + _DENIED, 1)
        yield


@contextlib.contextmanager
def _opened(path: pathlib.Path, flags: int) -> Iterator[int]:
    try:
        handle = os.open(path, flags | os.O_CLOEXEC)
    except OSError as error:
        raise exceptions.ChainError(
            f'Could not open {path} to look at its locks: {error.strerror}. '
            f'{advice.on_file(path, error)}'
        ) from error
    try:
        yield handle
    finally:
        os.close(handle)


def _lock(handle: int, path: pathlib.Path, kind: int, start: int, length: int) -> None:
    try:
        fcntl.fcntl(handle, fcntl.F_OFD_SETLK, _flock(kind, start, length))
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        raise exceptions.FileInUse(
            f'{path} is open in a QEMU process, and was left as it is. Find the guest that '
            f'uses it ("lslocks", "fuser", on each compute host) before you repeat this.'
        ) from error


def _flock(kind: int, start: int, length: int) -> bytes:
    return _FLOCK.pack(kind, os.SEEK_SET, start, length, 0)


def _held(handle: int, byte: int) -> bool:
    answer = fcntl.fcntl(handle, fcntl.F_OFD_GETLK, _flock(fcntl.F_WRLCK, byte, 1))
    return bool(_FLOCK.unpack(answer)[0] != fcntl.F_UNLCK)


def _resists(handle: int, byte: int) -> bool:
    """Tell whether a byte is locked by trying to lock it, for no longer than that takes."""
    try:
        fcntl.fcntl(handle, fcntl.F_OFD_SETLK, _flock(fcntl.F_WRLCK, byte, 1))
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        return True
    fcntl.fcntl(handle, fcntl.F_OFD_SETLK, _flock(fcntl.F_UNLCK, byte, 1))
    return False


@functools.lru_cache
def _hides_shared_locks(device: int, folder: pathlib.Path) -> bool:
    """Tell whether a file system answers "free" for what other hosts hold a shared lock on.

    NFSv3 does, as seen with the kernel's own client and server (Linux 6.1), though it refuses to
    lock such bytes.

    :param device: the file system's number, which is another one after it is mounted anew
    """
    return mounts.mount_of(folder).kind == 'nfs'


def _device(path: pathlib.Path) -> int:
    try:
        return path.parent.stat().st_dev
    except OSError:
        return 0  # opening the file is going to tell why
