# SPDX-License-Identifier: Apache-2.0
"""A driver as a vendor would write it: a file system with a client of its own."""

import hashlib
import os

from cinder import interface, utils
from oslo_concurrency import processutils
from oslo_config import cfg

from driver import remotefs, share_list

_OPTIONS = [
    cfg.StrOpt('acme_transport', default='tcp', choices=['tcp', 'rdma'], help='How hosts mount.')
]


@interface.volumedriver
class AcmeDriver(remotefs.SnapshotDriver):
    """Volumes on an Acme filer."""

    VERSION = '1.0.0'
    CI_WIKI_NAME = 'Acme_CI'

    driver_volume_type = 'nfs'  # compute hosts mount the same exports by NFS
    driver_prefix = 'acme'
    volume_backend_name = 'acme'
    vendor_name = 'Acme'

    @classmethod
    def get_driver_options(cls):
        return [*super().get_driver_options(), *_OPTIONS]

    def list_shares(self):
        flags = f'-o transport={self.configuration.acme_transport}'
        return dict.fromkeys(share_list.read(self.configuration, self.driver_prefix), flags)

    def share_client(self):
        return _AcmeClient(self.settings.mount_base)


class _AcmeClient:
    def __init__(self, base):
        self._base = base

    def get_mount_point(self, share):
        # The name that Nova and os-brick choose, too.
        digest = hashlib.md5(share.encode(), usedforsecurity=False).hexdigest()
        return str(self._base / digest)

    def mount(self, share, flags):
        path = self.get_mount_point(share)
        if not os.path.ismount(path):
            os.makedirs(path, exist_ok=True)
            command = ('mount', '-t', 'acme', *flags, share, path)
            helper = utils.get_root_helper()
            processutils.execute(*command, run_as_root=True, root_helper=helper)
