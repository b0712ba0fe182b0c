# SPDX-License-Identifier: Apache-2.0
"""Volume drivers that the tests of the embedded cloud load by their class paths."""

import pathlib
import time

from cinder.volume.drivers import nfs

import driver.nfs


class OursBesideCinders(driver.nfs.NfsDriver):
    """Is this project's driver in the backend of raw volumes, Cinder's own in that of qcow2."""

    def __new__(cls, *args, configuration, **kwargs):
        if configuration.config_group == 'qcow2':
            return nfs.NfsDriver(*args, configuration=configuration, **kwargs)
        return super().__new__(cls)


class FirstDeletionHangs(nfs.NfsDriver):
    """Never ends the first deletion of a volume; says so with a file; the next is as usual."""

    def delete_volume(self, volume):
        hanging = pathlib.Path(self.configuration.nfs_shares_config).with_name('hanging')
        if not hanging.exists():
            hanging.touch()
            time.sleep(3600)
        super().delete_volume(volume)


class HasNoShare(nfs.NfsDriver):
    """Can't mount its share, which the RemoteFS base only logs."""

    def _ensure_share_mounted(self, nfs_share):
        raise OSError(f'{nfs_share} is gone')


class DoesNotMissItsShare(HasNoShare):
    """Initialises even so."""

    def set_nas_security_options(self, is_new_cinder_install):
        """Touch no share."""
