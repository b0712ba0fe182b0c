# SPDX-License-Identifier: Apache-2.0
"""The NFS driver that cinder-volume loads: shares of NFS servers, mounted by os-brick.

Main class: :class:`NfsDriver`, ``volume_driver = driver.nfs.NfsDriver``. All but where its shares
come from is left to :mod:`driver.remotefs`.
"""

from __future__ import annotations

from collections.abc import Mapping

from cinder import interface
from cinder import utils as cinder_utils
from os_brick.remotefs import remotefs as brick_remotefs
from oslo_concurrency import processutils

from driver import remotefs, share_list
from driver.shares import ShareClient


@interface.volumedriver
class NfsDriver(remotefs.SnapshotDriver):
    """NFS volumes with snapshots, offline and through Nova.

    Its locks are named ``nfs-<volume id>``, as the in-tree driver's are. A vendor whose storage
    is mounted by NFS derives from this class, with a ``driver_prefix`` of its own.
    """

    CI_WIKI_NAME = 'nova-assist'

    driver_volume_type = 'nfs'
    driver_prefix = 'nfs'
    volume_backend_name = 'nova_assist_nfs'
    vendor_name = 'nova-assist'

    def list_shares(self) -> Mapping[str, str | None]:
        """Return the exports that ``nas_host`` or ``nfs_shares_config`` names."""
        return share_list.read(self.configuration, self.driver_prefix)

    def share_client(self) -> ShareClient:
        """Return os-brick's NFS client."""
        client: ShareClient = brick_remotefs.RemoteFsClient(
            'nfs',
            cinder_utils.get_root_helper(),
            execute=processutils.execute,
            nfs_mount_point_base=str(self.settings.mount_base),
            nfs_mount_options=share_list.mount_options(self.configuration, self.driver_prefix),
        )
        return client
