# SPDX-License-Identifier: Apache-2.0
"""Data of volumes with snapshots that leaves the backend: backups and images.

The data is in a chain of files, of which the volume's own holds only the oldest part.
"""

from __future__ import annotations

from typing import Any

from tempest import config
from tempest.lib import decorators, exceptions
from tempest.lib.common.utils import test_utils

from tempest_plugin import waiting
from tempest_plugin.scenario.disk import Disk
from tempest_plugin.scenario.ledger import Bounds
from tempest_plugin.scenario.story import Story

CONF = config.CONF


class BackupBase(Story):
    """Backups, each restored to a new volume."""

    @classmethod
    def skip_checks(cls) -> None:
        """Skip where there are no backups."""
        super().skip_checks()
        if not CONF.volume_feature_enabled.backup:
            raise cls.skipException('[volume-feature-enabled] backup is not set')

    @classmethod
    def setup_clients(cls) -> None:
        """Take the client of backups, too."""
        super().setup_clients()
        cls.backups_client = cls.os_primary.backups_client_latest

    def backup(self, disk: Disk, **kwargs: Any) -> str:
        """Make a backup; returns its id."""
        client = self.backups_client
        made = client.create_backup(volume_id=disk.id, name=self._name('backup'), **kwargs)
        ident = str(made['backup']['id'])
        self.addCleanup(self._delete_backup, ident)
        waiting.for_status(client, client.show_backup, ident, 'available')
        return ident

    def _delete_backup(self, ident: str) -> None:
        client = self.backups_client
        test_utils.call_and_ignore_notfound_exc(client.delete_backup, ident)
        waiting.until_gone(client, client.show_backup, ident)

    def restored(self, source: Disk, backup_id: str) -> Disk:
        """Restore a backup to a new volume; one that Cinder makes may be of another type."""
        client = self.backups_client
        volume = self.create_volume(size=source.volume['size'])
        client.restore_backup(backup_id, volume_id=volume['id'])
        waiting.for_status(client, client.show_backup, backup_id, 'available')
        disk = Disk(self.wait_for_volume(volume, 'available'))
        self.judge(disk, 'after it was restored')
        return disk


class BackupTest(BackupBase):
    """Backups of what nobody writes to."""

    needs_depth = 2

    @decorators.attr(type='slow')
    @decorators.idempotent_id('ab0fee6f-1e14-42e3-85a6-79b46d5b4c4c')
    def test_backup_of_a_volume_with_snapshots(self) -> None:
        """What is restored has the data of the whole chain."""
        disk = self.begin()
        server = disk.server
        self.take_many(disk, 2)
        self.unplug(disk)
        least = disk.ledger.least
        restored = self.restored(disk, self.backup(disk))
        self.judge(disk, 'after a backup was made')
        self.plug(restored, server, Bounds(least))
        self.plug(disk)
        self.drop_all(disk)
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('12b03cee-d5af-406a-bd6a-624aa4effde5')
    def test_backup_of_a_snapshot_of_an_attached_volume(self) -> None:
        """What is restored has what the snapshot has, whatever the guest writes meanwhile."""
        disk = self.begin()
        server = disk.server
        snapshot = self.take(disk)
        backup = self.backup(disk, snapshot_id=snapshot['id'], force=True)
        restored = self.restored(disk, backup)
        self.judge(disk, 'after a backup was made')
        self.plug(restored, server, disk.bounds(snapshot))
        self.drop_all(disk)
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('723cd599-9c38-451b-925e-8d95cfc7d5a5')
    def test_incremental_backup_after_snapshots(self) -> None:
        """What is restored has what was written before the second backup, in whichever file."""
        disk = self.begin()
        server = disk.server
        self.take(disk)
        self.unplug(disk)
        self.backup(disk)
        self.plug(disk)
        self.take(disk)
        self.hear(disk)
        self.unplug(disk)
        least = disk.ledger.least
        restored = self.restored(disk, self.backup(disk, incremental=True))
        self.judge(disk, 'after a backup of what had changed was made')
        self.plug(restored, server, Bounds(least))
        self.plug(disk)
        self.drop_all(disk)
        self.finish()


class BackupAttachedTest(BackupBase):
    """Backups of volumes that a guest writes to, of which Cinder makes a clone for that."""

    needs_depth = 2
    features = ('online', 'clone_attached')

    @decorators.attr(type='slow')
    @decorators.idempotent_id('8f4437ed-ebe1-42d6-83ee-f2e5cc53b01f')
    def test_backup_of_an_attached_volume(self) -> None:
        """What is restored has what the volume had at some time of the backup."""
        disk = self.begin()
        server = disk.server
        self.take_many(disk, 2)
        least = disk.ledger.least
        backup = self.backup(disk, force=True)
        self.wait_for_volume(disk.volume, 'in-use')
        self.judge(disk, 'after a backup was made')
        restored = self.restored(disk, backup)
        self.plug(restored, server, Bounds(least, disk.ledger.least))
        self.judge_snapshots(disk)
        self.drop_all(disk)
        self.finish()


class UploadTest(Story):
    """Images made of volumes, and volumes made of those."""

    needs_depth = 2
    features = ('online', 'upload')

    @classmethod
    def skip_checks(cls) -> None:
        """Skip where there are no images."""
        super().skip_checks()
        if not CONF.service_available.glance:
            raise cls.skipException('[service_available] glance is not set')

    @classmethod
    def setup_clients(cls) -> None:
        """Take the client of images, too."""
        super().setup_clients()
        cls.images_client = cls.os_primary.image_client_v2

    @decorators.attr(type='slow')
    @decorators.idempotent_id('8f3f208d-37e9-4b54-bb08-b2e63e987609')
    def test_image_of_a_volume_with_snapshots(self) -> None:
        """The image has the data of the whole chain."""
        disk = self.begin()
        server = disk.server
        self.take_many(disk, 2)
        self.unplug(disk)
        least = disk.ledger.least
        copy = Disk(self.create_volume(imageRef=self._upload(disk), size=disk.volume['size']))
        self.judge(disk, 'after it was uploaded')
        self.judge(copy, 'after it was made of an image')
        self.plug(copy, server, Bounds(least))
        self.plug(disk)
        self.drop_all(disk)
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('a0ef7304-03a0-4f81-bc7b-024855c91c6d')
    def test_image_of_an_attached_volume(self) -> None:
        """The guest writes on, and the chain is what it was.

        The image's data is not judged: Cinder promises nothing of what is written meanwhile.
        """
        disk = self.begin()
        self.take_many(disk, 2)
        try:
            self._upload(disk, force=True)
        except exceptions.BadRequest as error:
            self.skipTest(f'enable_force_upload may be off in cinder.conf: {error}')
        self.judge(disk, 'after it was uploaded')
        self.judge_snapshots(disk)
        self.drop_all(disk)
        self.finish()

    def _upload(self, disk: Disk, **kwargs: Any) -> str:
        made = self.volumes_client.upload_volume(
            disk.id,
            image_name=self._name('image'),
            disk_format='raw',
            container_format='bare',
            **kwargs,
        )
        ident = str(made['os-volume_upload_image']['image_id'])
        self.addCleanup(
            test_utils.call_and_ignore_notfound_exc, self.images_client.delete_image, ident
        )
        waiting.for_status(
            self.images_client,
            lambda wanted: {'image': self.images_client.show_image(wanted)},
            ident,
            'active',
            given_up=('killed', 'deleted'),
        )
        self.wait_for_volume(disk.volume, 'in-use' if disk.attached else 'available')
        return ident
