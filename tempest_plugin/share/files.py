# SPDX-License-Identifier: Apache-2.0
"""The files of a volume, as ``find`` tells them.

Main class: :class:`VolumeFile`. Running ``find`` is left to :mod:`tempest_plugin.share.runners`.
"""

from __future__ import annotations

import dataclasses

from tempest_plugin import errors

#: One record a file; a name may hold anything but a slash and a NUL.
FORMAT = r'%U %u %G %g %m %s %P\0'


@dataclasses.dataclass(frozen=True)
class VolumeFile:
    """A file that a volume has on the share.

    :ivar path: relative to the folder looked at.
    :ivar user: the owner's name, or its id where the host knows no name for it.
    :ivar mode: the permission bits, set-id bits included.
    """

    path: str
    uid: int
    user: str
    gid: int
    group: str
    mode: int
    size: int

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.rpartition('/')[2]

    def __str__(self) -> str:
        return f'{self.path} ({self.user}:{self.group} {self.mode:04o})'


def command(folder: str, volume_id: str) -> list[str]:
    """Return the command that tells the files of a volume in a folder, or one level below."""
    # Files of others come and go meanwhile: find has to look at none of them, nor fail for one.
    return [
        *('find', folder, '-ignore_readdir_race', '-mindepth', '1', '-maxdepth', '2'),
        *('-name', f'volume-{volume_id}*', '-type', 'f', '-printf', FORMAT),
    ]


def parse(output: str) -> tuple[VolumeFile, ...]:
    """Read what the command printed, in the order of the paths.

    :raises ShareUnseen: it printed something else
    """
    records = [record for record in output.split('\0') if record]
    return tuple(sorted((_file(record) for record in records), key=lambda file: file.path))


def _file(record: str) -> VolumeFile:
    try:
        uid, user, gid, group, mode, size, path = record.split(' ', 6)
        return VolumeFile(path, int(uid), user, int(gid), group, int(mode, 8), int(size))
    except ValueError as error:
        raise errors.ShareUnseen(
            f'find told of a file as {record!r}, which can not be read; share_path needs a host '
            'with GNU find'
        ) from error
