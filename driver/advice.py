# SPDX-License-Identifier: Apache-2.0
"""What an operator should change when a share says no.

Main functions: :func:`on_folder` and :func:`on_file`, which turn a failed system call into the
sentence that ends an error message. They look, and change nothing.
"""

from __future__ import annotations

import ctypes
import dataclasses
import errno
import grp
import os
import pathlib
import pwd
import stat

from driver import files

#: How many groups of a user AUTH_SYS carries to the server (RFC 5531, appendix A).
AUTH_SYS_GROUPS = 16

_LIBC = ctypes.CDLL(None)

# Of statx(2).
_FORCE_SYNC = 0x2000
_BASIC_STATS = 0x7FF
_STATX_BYTES = 256

_GROUP_MAY_CHANGE = stat.S_IWGRP | stat.S_IXGRP
_GROUP_MAY_WRITE = stat.S_IRGRP | stat.S_IWGRP

_BY_ERRNO = {
    errno.EROFS: 'The share is read-only: give "rw" in its export and in the mount options.',
    errno.ENOSPC: 'The share is full: make room on it or grow it.',
    errno.EDQUOT: 'The quota of the share is used up: raise it or make room.',
    errno.ESTALE: 'The server has removed the export, or has made it anew: export it again with '
    'the same fsid, or unmount it here and mount it again.',
    errno.EIO: 'If the share is mounted "soft", mount it "hard", and see that its server runs; if '
    'it is not, look for a broken disk on the server.',
    errno.ENOLCK: 'The lock service does not answer: run rpc.statd and rpcbind for NFSv3, here '
    'and on the server, or mount with vers=4.2.',
    errno.ENOENT: 'It is not there: see that the share is mounted.',
}
_OTHERWISE = 'See that the share is mounted and that its server runs.'
_NOT_A_FILE = (
    'The driver makes regular files only: somebody else who can write to the share has put it '
    'there. Find out who, see who may mount the export, and put the right file back.'
)

#: How to have libvirt leave the owners of files alone.
KEEP_OWNER = (
    'Set dynamic_ownership = 0 in /etc/libvirt/qemu.conf on every compute host, and restart '
    'libvirtd there'
)


def on_output(output: str) -> str:
    """Say what to change by what a command has printed, which names causes as the C library does.

    :return: empty if it names none that is known
    """
    named = (remedy for number, remedy in _BY_ERRNO.items() if os.strerror(number) in output)
    return next(named, '')


# As seen with Linux 6.1, whose client asks again only when the attributes have changed.
_REMEMBERED = (
    'A client of NFSv3 remembers what it was denied until that changes: if the cause is gone, '
    'touch the share and its files on the server.'
)


@dataclasses.dataclass(frozen=True)
class User:
    """Who a process is to a file server."""

    uid: int
    gid: int
    groups: frozenset[int]

    @classmethod
    def current(cls) -> User:
        """Return who this process is."""
        gid = os.getegid()
        return cls(os.geteuid(), gid, frozenset({gid, *os.getgroups()}))

    @property
    def name(self) -> str:
        """Its name, or number if it has none."""
        return user_name(self.uid)


def on_folder(folder: pathlib.Path, error: OSError) -> str:
    """Say what to change so that files can be made, renamed and removed in a share's folder."""
    if error.errno in (errno.EACCES, errno.EPERM):
        try:
            return denied_folder(_status(folder), User.current())
        except OSError:
            return f'Give {User.current().name} access to {folder} and to the folders above it.'
    return _otherwise(error)


def on_file(path: pathlib.Path, error: OSError) -> str:
    """Say what to change so that a volume's file can be read and written."""
    if error.errno in (errno.EACCES, errno.EPERM):
        try:
            return denied_file(_status(path), _status(path.parent), User.current())
        except OSError:
            return on_folder(path.parent, error)
    return _otherwise(error)


def _otherwise(error: OSError) -> str:
    if isinstance(error, files.NotAFile):
        return _NOT_A_FILE
    return _BY_ERRNO.get(error.errno or 0, _OTHERWISE)


def _status(path: pathlib.Path) -> os.stat_result:
    """Return a file's status as the server has it now, which has just denied something.

    An NFS client may know an older one for a minute (``acdirmax`` of nfs(5)); statx(2) with
    ``AT_STATX_FORCE_SYNC`` has it asked again.
    """
    unused = ctypes.create_string_buffer(_STATX_BYTES)
    _LIBC.statx(-1, os.fsencode(path.absolute()), _FORCE_SYNC, _BASIC_STATS, unused)
    return path.stat()


def denied_folder(folder: os.stat_result, user: User) -> str:
    """Say why a user may not change a folder, and what to change; the likeliest cause first."""
    group = group_name(folder.st_gid)
    if user.uid == 0:
        return (
            'This process is root, and the server squashes root (root_squash): run cinder-volume '
            f'as an ordinary user in the group {group} of the folder; or, if every client can be '
            'trusted, export with no_root_squash.'
        )
    if folder.st_mode & _GROUP_MAY_CHANGE != _GROUP_MAY_CHANGE:
        return (
            f'The folder is {described(folder)}: on the server, give it to the group that '
            f'cinder-volume and the hypervisors share, and chmod 2771 (or 2775) it.'
        )
    if folder.st_gid not in user.groups:
        return _not_member(folder.st_gid, user)
    if len(user.groups) > AUTH_SYS_GROUPS:
        return (
            f'{user.name} is in {len(user.groups)} groups, of which AUTH_SYS carries '
            f'{AUTH_SYS_GROUPS} to the server: take it out of some, or have the server look up '
            f'groups itself (rpc.mountd --manage-gids, with the account on the server too).'
        )
    return (
        f'The folder is {described(folder)} and {user.name} is in the group {group} here, but the '
        f'server sees that otherwise: uids and gids have to agree on both, with --manage-gids the '
        f'account has to be on the server too, the export must be neither read-only nor '
        f'all_squash, and SELinux must let the service use NFS. {_REMEMBERED}'
    )


def denied_file(file: os.stat_result, folder: os.stat_result, user: User) -> str:
    """Say why a user may not open a file that a volume needs, and what to change."""
    seen = f'The file is {described(file)}'
    if user.uid == 0:
        return (
            f'{seen}, and the server squashes root (root_squash), as which this process works: '
            f'work as the account of cinder-volume.'
        )
    if file.st_uid != user.uid:
        mend = f'on the server, chown {user.name}:{group_name(folder.st_gid)} and chmod 660 it'
        return (
            f'{seen}, and this service is {user.name}: libvirt has changed its owner '
            f"(qemu.conf's dynamic_ownership), or a driver that works as root has made it. "
            f'{KEEP_OWNER}; {mend}.'
        )
    return (
        f'{seen}: on the server, chmod 660 it, or see why the server denies it to its owner. '
        f'{_REMEMBERED}'
    )


def _not_member(gid: int, user: User) -> str:
    group = group_name(gid)
    try:
        member = user.name in grp.getgrgid(gid).gr_mem
    except KeyError:
        member = False
    if member:
        return (
            f'{user.name} has become a member of {group} since this process started: restart '
            f'cinder-volume.'
        )
    return (
        f'{user.name} is not in the group {group} of the folder: usermod -aG {group} {user.name}, '
        f'then restart cinder-volume.'
    )


def described(status: os.stat_result) -> str:
    """Return whose a file is, as ``cinder:volumes 0660``."""
    owner = f'{user_name(status.st_uid)}:{group_name(status.st_gid)}'
    return f'{owner} {stat.S_IMODE(status.st_mode):04o}'


def user_name(uid: int) -> str:
    """Return a user's name, or the number of one without."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def group_name(gid: int) -> str:
    """Return a group's name, or the number of one without."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
