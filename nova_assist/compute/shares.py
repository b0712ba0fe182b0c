# SPDX-License-Identifier: Apache-2.0
"""Where the files of a share are on this machine.

Main class: :class:`Shares`. Mounting is left to whoever runs the cloud: Cinder and this service
use the same mount points.
"""

from __future__ import annotations

import hashlib
import os

from nova_assist.compute import errors
from nova_assist.compute.model import ConnectionInfo, DiskSource


class Shares:
    """The mount points below one folder.

    :param mount_base: that folder.
    :param local: the "mount points" are plain folders, nothing is mounted there.
    """

    def __init__(self, mount_base: str, *, local: bool) -> None:
        self._mount_base = mount_base
        self._local = local

    def source(self, connection: ConnectionInfo) -> DiskSource:
        """Return the file that a connection names.

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
        return DiskSource(os.path.join(mount_point, connection.name), connection.format)
