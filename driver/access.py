# SPDX-License-Identifier: Apache-2.0
"""Whose the files are: the one way in which the driver makes a file on a share.

Main class: :class:`FileMaker`. A file's group is the business of the share's folder (setgid), so
nothing here needs chown, nor root. Whether a share allows all this is seen by
:mod:`driver.probe`.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import os
import pathlib
import stat
from collections.abc import Iterator

from driver import advice, exceptions, files, native

#: Modes that ``nas_secure_file_permissions`` asks for, true and false.
SECURE_MODE = 0o660
OPEN_MODE = 0o666

# Of unshare(2): folder, root and umask of a thread.
_CLONE_FS = 0x200

_LIBC = ctypes.CDLL(None)


@dataclasses.dataclass(frozen=True)
class FileMaker:
    """Makes files with their final mode, whatever the umask.

    :ivar mode: permission bits of every file made
    """

    mode: int

    def make(self, path: pathlib.Path) -> None:
        """Make an empty file, in place of what an interrupted operation left under that name.

        Callers give a temporary name and rename later: what is seen under a final name has had
        its mode, content and size from its first moment.

        :raises ShareError: the file can't be made
        """
        try:
            native.unlink(path)
            with _without_umask():
                flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC
                handle = os.open(path, flags, self.mode)
            try:
                # Where the umask could not be set aside, or the folder has a default ACL.
                if stat.S_IMODE(os.fstat(handle).st_mode) != self.mode:
                    os.fchmod(handle, self.mode)
            finally:
                os.close(handle)
        except OSError as error:
            raise exceptions.ShareError(
                f'Could not make {path}: {error.strerror}. {advice.on_folder(path.parent, error)}'
            ) from error


def change(path: pathlib.Path, uid: int | None, gid: int | None, mode: int | None) -> None:
    """Change whose a file is, for a repair: the driver itself has no need of that.

    :param uid: its new owner, None where that stays; the others likewise
    :raises ShareError: this user may not
    """
    try:
        # No rights on the file are needed for that, and no link is followed.
        handle = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise files.NotAFile(found.st_mode)
            same = f'/proc/self/fd/{handle}'
            if uid is not None or gid is not None:
                os.chown(same, -1 if uid is None else uid, -1 if gid is None else gid)
            if mode is not None:
                os.chmod(same, mode)
        finally:
            os.close(handle)
    except OSError as error:
        raise exceptions.ShareError(
            f'Could not change owner, group or mode of {path}: {error.strerror}. Do it on the '
            f'server, as root: only its owner may change the mode, only root the owner.'
        ) from error


@contextlib.contextmanager
def _without_umask() -> Iterator[None]:
    """Make files with exactly the mode asked for, in this thread only.

    The umask is the process's, and other threads make files too: so this thread is first given
    one of its own, which a container may forbid.
    """
    if not _take_own_umask():
        yield
        return
    umask = os.umask(0)
    try:
        yield
    finally:
        os.umask(umask)


def _take_own_umask() -> bool:
    """Stop sharing the umask with other threads; those started later share it again."""
    return bool(_LIBC.unshare(_CLONE_FS) == 0)
