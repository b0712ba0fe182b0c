# SPDX-License-Identifier: Apache-2.0
"""Looks at a share before it is used: what works there, and as whom.

Main function: :func:`look`, which tries it out and returns a :class:`Sight`. What is to be said of
that is left to :mod:`driver.verdict`.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import secrets
import socket
import stat

from driver import access, advice, exceptions, locks
from driver.advice import User
from driver.mounts import Mount, mount_of

_TRIAL = '.nova-assist-probe-'


@dataclasses.dataclass(frozen=True)
class Owner:
    """Whose a file or folder is, and its permission bits."""

    uid: int
    gid: int
    mode: int

    @classmethod
    def of(cls, status: os.stat_result) -> Owner:
        """Return whose a file is by its status."""
        return cls(status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode))

    def __str__(self) -> str:
        return f'{advice.user_name(self.uid)}:{advice.group_name(self.gid)} {self.mode:04o}'


@dataclasses.dataclass(frozen=True)
class Stranger:
    """A file on the share that has another owner than those made now.

    :ivar usable: whether this user can read and write it all the same
    """

    name: str
    owner: Owner
    usable: bool


@dataclasses.dataclass(frozen=True)
class Sight:
    """What was seen of a share.

    :ivar user: who looked
    :ivar folder: whose the share's folder is
    :ivar made: whose a file is that was made just now
    :ivar wanted: the mode that it was made with
    :ivar lock_failure: why no lock could be taken and what to do, empty if one could
    :ivar link_failure: why a file could get no second name, empty if it could
    """

    path: pathlib.Path
    mount: Mount
    user: User
    folder: Owner
    made: Owner
    wanted: int
    strangers: tuple[Stranger, ...] = ()
    lock_failure: str = ''
    link_failure: str = ''


def look(folder: pathlib.Path, maker: access.FileMaker) -> Sight:
    """Try a share out: make, lock, link, write, rename, open and remove a file.

    :param folder: where the share is mounted
    :param maker: makes files as volumes are to be made
    :raises ShareError: it can't be done, with what to change
    """
    trial = _trial(folder)
    renamed = trial.with_name(f'{trial.name}-renamed')
    maker.make(trial)
    try:
        _sweep(folder)
        lock_failure = _try_lock(trial)
        link_failure = _try_link(trial, renamed)
        trial.rename(renamed)
        made = _write(renamed)
        renamed.unlink()
        strangers = _strangers(folder, made.uid)
        status = folder.stat()
    except OSError as error:
        for left in (trial, renamed):
            _forget(left)
        raise exceptions.ShareError(
            f'Could not rename, write and remove a file in {folder}: {error.strerror}. '
            f'{advice.on_folder(folder, error)}'
        ) from error
    return Sight(
        path=folder,
        mount=mount_of(folder),
        user=User.current(),
        folder=Owner.of(status),
        made=made,
        wanted=maker.mode,
        strangers=strangers,
        lock_failure=lock_failure,
        link_failure=link_failure,
    )


def root_is_squashed(folder: pathlib.Path) -> bool:
    """Tell whether the server takes root for somebody else; to be called by root.

    :param folder: where the share is mounted
    :raises ShareError: it can't be told: the share is read-only or full, for instance
    """
    trial = _trial(folder)
    try:
        access.FileMaker(access.SECURE_MODE).make(trial)
    except exceptions.ShareError as error:
        if isinstance(error.__cause__, PermissionError):
            return True  # no file system of this host says no to root
        raise
    squashed = trial.stat().st_uid != 0
    _forget(trial)
    return squashed


def _trial(folder: pathlib.Path) -> pathlib.Path:
    # Several backends of one process may be on one share.
    return folder / f'{_TRIAL}{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}'


def _sweep(folder: pathlib.Path) -> None:
    """Remove what a probe on this host has left that was killed."""
    for left in folder.glob(f'{_TRIAL}{socket.gethostname()}-*'):
        found = re.search(r'-(\d+)-[0-9a-f]+(-renamed)?$', left.name)
        if found and not pathlib.Path('/proc', found[1]).exists():
            _forget(left)


def _forget(path: pathlib.Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # that it can't be removed is told already


def _try_lock(path: pathlib.Path) -> str:
    try:
        with locks.claim(path):
            return ''
    except exceptions.DriverError as error:
        return str(error)


def _try_link(path: pathlib.Path, second: pathlib.Path) -> str:
    try:
        second.hardlink_to(path)
    except OSError as error:
        return error.strerror or str(error)
    second.unlink()
    return ''


def _write(path: pathlib.Path) -> Owner:
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.write(handle, b'probe')
        os.fsync(handle)
        return Owner.of(os.fstat(handle))
    finally:
        os.close(handle)


def _strangers(folder: pathlib.Path, uid: int) -> tuple[Stranger, ...]:
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            # What Cinder and others keep there under a hidden name is no volume's.
            if entry.name.startswith('.') or not entry.is_file(follow_symlinks=False):
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # the share is in use
            if status.st_uid != uid:
                usable = os.access(entry.path, os.R_OK | os.W_OK)
                found.append(Stranger(entry.name, Owner.of(status), usable))
    return tuple(sorted(found, key=lambda stranger: stranger.name))
