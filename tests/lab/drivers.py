# SPDX-License-Identifier: Apache-2.0
"""Variants of Cinder's own driver, as controls for what it refuses before it can be seen."""

from cinder import privsep
from cinder.volume.drivers import nfs


class InTreeWithoutRoot(nfs.NfsDriver):
    """Starts in secure mode with snapshots on, and does as its own user what it does as root."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        privsep.sys_admin_pctxt.set_client_mode(False)

    def _check_snapshot_support(self, setup_checking=False):
        pass

    def _qemu_img_info(self, path, volume_name, img_format=None):
        return self._qemu_img_info_base(
            path,
            volume_name,
            self.configuration.nfs_mount_point_base,
            force_share=True,
            img_format=img_format,
        )
