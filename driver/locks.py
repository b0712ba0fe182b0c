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
import os
import pathlib
import struct
from collections.abc import Iterator

from driver import advice, exceptions, files, mounts

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

    NFSv3 answers "free" for what other hosts hold a shared lock on, as seen with the kernel's own
    client and server (Linux 6.1), but refuses to lock it. So there the lock is taken, for no
    longer than that takes.

    :raises ChainError: the file isn't there or can't be opened
    :raises ShareError: the locks can't be asked for
    """
    with _opened(path) as handle:
        if not _hides_shared_locks(path):
            return Holders(_held(handle, path, _CONSISTENT_READ), _held(handle, path, _WRITE))
        # Who writes reads too. The byte of readers, which a QEMU that starts needs as well, is
        # left alone if need be.
        writing = _resists(handle, path, _WRITE)
        return Holders(writing or _resists(handle, path, _CONSISTENT_READ), writing)


@contextlib.contextmanager
def claim(path: pathlib.Path) -> Iterator[int]:
    """Keep every QEMU out of an image for the length of the block; yields its open file.

    :raises FileInUse: somebody has it open already
    :raises ChainError: the file isn't there or can't be opened
    """
    with _opened(path) as handle:
        _lock(handle, path, fcntl.F_WRLCK, _FIRST, _COUNT)
        yield handle


@contextlib.contextmanager
def keep_unwritten(path: pathlib.Path) -> Iterator[None]:
    """Keep every QEMU from opening an image to write, for the length of the block.

    Who only reads it has to do so without QEMU's own locks (``qemu-img -U``): over NFSv3 nothing
    keeps writers on other hosts out but the locks that they would hold themselves.

    :raises FileInUse: somebody writes to it, or has claimed it
    :raises ChainError: the file isn't there or can't be opened
    :raises ShareError: the locks can't be asked for
    """
    takes = _hides_shared_locks(path)
    kind, shift = (fcntl.F_WRLCK, 0) if takes else (fcntl.F_RDLCK, _DENIED)
    with _opened(path) as handle:
        for permission in (_WRITE, _RESIZE):
            _lock(handle, path, kind, permission + shift, 1)
        if not takes and _held(handle, path, _WRITE):
            raise _in_use(path)
        yield


@contextlib.contextmanager
def _opened(path: pathlib.Path) -> Iterator[int]:
    """Open an image to write: to a reader the server may delegate the file.

    An NFSv4 client that holds such a delegation answers questions about locks, and grants them,
    without asking the server (RFC 8881, section 10.4).
    """
    with contextlib.ExitStack() as stack:
        try:
            handle = stack.enter_context(files.opened(path, os.O_RDWR))
        except OSError as error:
            raise exceptions.ChainError(
                f'Could not open {path} to look at its locks: {error.strerror}. '
                f'{advice.on_file(path, error)}'
            ) from error
        yield handle


def _hides_shared_locks(path: pathlib.Path) -> bool:
    return mounts.mount_of(path.parent).kind == 'nfs'


def _lock(handle: int, path: pathlib.Path, kind: int, start: int, length: int) -> None:
    if not _control(handle, path, fcntl.F_OFD_SETLK, kind, start, length):
        raise _in_use(path)


def _in_use(path: pathlib.Path) -> exceptions.FileInUse:
    return exceptions.FileInUse(
        f'{path} is open in a QEMU process, and was left as it is. Find the guest that uses it '
        f'("lslocks", "fuser", on each compute host) before you repeat this.'
    )


def _held(handle: int, path: pathlib.Path, byte: int) -> bool:
    answer = _control(handle, path, fcntl.F_OFD_GETLK, fcntl.F_WRLCK, byte, 1)
    return bool(_FLOCK.unpack(answer)[0] != fcntl.F_UNLCK)


def _resists(handle: int, path: pathlib.Path, byte: int) -> bool:
    """Tell whether a byte is locked by trying to lock it."""
    if not _control(handle, path, fcntl.F_OFD_SETLK, fcntl.F_WRLCK, byte, 1):
        return True
    _control(handle, path, fcntl.F_OFD_SETLK, fcntl.F_UNLCK, byte, 1)
    return False


def _control(
    handle: int, path: pathlib.Path, command: int, kind: int, start: int, length: int
) -> bytes:
    """Ask for a lock or about it; returns the answer, empty if others are in the way."""
    flock = _FLOCK.pack(kind, os.SEEK_SET, start, length, 0)
    try:
        return fcntl.fcntl(handle, command, flock)
    except OSError as error:
        if error.errno == errno.EAGAIN:
            return b''
        raise exceptions.ShareError(
            f'Could not ask who has {path} open: {error.strerror}. {advice.on_file(path, error)} '
            f'Nothing was changed; then repeat.'
        ) from error
