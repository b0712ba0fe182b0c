# SPDX-License-Identifier: Apache-2.0
"""Where the files of a share are on this machine.

Main class: :class:`Shares`. Mounting is left to whoever runs the cloud: Cinder and this service
use the same mount points.
"""

from __future__ import annotations

import hashlib
import os

from nova_assist.compute import errors
from nova_assist.compute.model import ConnectionInfo, DiskSource, ImageFormat

_LUKS = b'LUKS\xba\xbe'


class Shares:
    """The mount points below one folder.

    :param mount_base: that folder.
    :param local: the "mount points" are plain folders, nothing is mounted there.
    """

    def __init__(self, mount_base: str, *, local: bool) -> None:
        self._mount_base = mount_base
        self._local = local

    def source(self, connection: ConnectionInfo, passphrase: str | None) -> DiskSource:
        """Return the file that a connection names.

        A raw one with a passphrase is LUKS, as libvirt takes a disk with an ``encryption``.

        The rule is that of Nova's file-system volume drivers: the mount point is named after the
        MD5 of the share (``nova/virt/libvirt/volume/fs.py``).

        :raises DiskError: the share isn't mounted.
        """
        name = hashlib.md5(connection.export.encode(), usedforsecurity=False).hexdigest()
        mount_point = os.path.join(self._mount_base, name)
        if not self._local and not os.path.ismount(mount_point):
            raise errors.DiskError(
                f'the share {connection.export} is not mounted at {mount_point}, '
                'where Cinder has to have mounted it'
            )
        path = os.path.join(mount_point, connection.name)
        if passphrase is None:
            return DiskSource(path, connection.format)
        _require_header(path)
        return DiskSource(path, ImageFormat.LUKS, passphrase)


def _require_header(path: str) -> None:
    """See that a file is LUKS from its first byte on.

    Of any other Nova makes an empty LUKS volume, whatever it holds (``_attach_encryptor`` of its
    libvirt driver).

    :raises DiskError: it isn't, or can't be read.
    """
    try:
        with open(path, 'rb') as file:
            head = file.read(len(_LUKS))
    except OSError as error:
        raise errors.DiskError(f'{path} can not be read: {error.strerror}') from error
    if head != _LUKS:
        raise errors.DiskError(
            f'{path} is said to be encrypted, and has no LUKS header at its beginning: Nova '
            'would format it, and all its data would be lost'
        )
