# SPDX-License-Identifier: Apache-2.0
"""Cinder's calls to move data between volumes and images or backups: the lock, and delegation.

Main class: :class:`TransferringDriver`, from which a driver inherits them. What the calls do is
left to :mod:`driver.image_transfer` and :mod:`driver.copying`.
"""

from __future__ import annotations

import abc
import dataclasses
from typing import Any, NoReturn

from cinder import exception

from driver import backups, database, exceptions, glance, refusals, volume_locks
from driver.backend import Backend, Target
from driver.copying import Copies
from driver.image_transfer import ImageTransfer
from driver.peers import Peers, announced

_MAKING_OF_IMAGE = 'making it of an image'


class TransferringDriver(abc.ABC):
    """A driver whose volumes are made of images and backups, and these of its volumes."""

    driver_prefix: str
    configuration: Any
    _backend: Backend
    _copies: Copies
    _images: ImageTransfer
    _peers: Peers

    @abc.abstractmethod
    def _place(self, volume: Any) -> Target:
        """Choose the share of a new volume."""

    @announced
    @volume_locks.synchronized('{self.driver_prefix}-{volume.id}')
    def copy_image_to_volume(
        self,
        context: Any,
        volume: Any,
        image_service: Any,
        image_id: str,
        disable_sparse: bool = False,
    ) -> None:
        """Have a volume that is there hold the data of an image."""
        refusals.refuse_encrypted(volume, _MAKING_OF_IMAGE)
        block_size = self.configuration.volume_dd_blocksize
        image = glance.GlanceDownload(context, image_service, image_id, block_size, disable_sparse)
        self._images.download(database.volume_state(volume.id), image)

    def copy_image_to_encrypted_volume(
        self, context: Any, volume: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Refuse: nothing that is not encrypted yet is encrypted here."""
        refusals.refuse_encrypted(volume, _MAKING_OF_IMAGE)

    def _attach_volume(self, context: Any, volume: Any, *args: Any, **kwargs: Any) -> Any:
        """Attach a volume to this host, but for a clone that Cinder would give another key.

        It does so on block devices alone (``REKEY_SUPPORTED_CONNECTORS``), and looks what it has
        once root has read from the file, which is not to be needed.

        :raises RekeyNotSupported: it is encrypted; Cinder goes on with the key that it has
        """
        if volume.encryption_key_id:
            raise exception.RekeyNotSupported()
        return super()._attach_volume(  # type: ignore[misc]
            context, volume, *args, **kwargs
        )

    @announced
    @volume_locks.synchronized('{self.driver_prefix}-{volume.id}')
    def copy_volume_to_image(
        self, context: Any, volume: Any, image_service: Any, image_meta: Any
    ) -> None:
        """Upload a volume's data as an image; of an attached one, a temporary snapshot's."""
        refusals.refuse_encrypted(volume, 'making an image of it')
        image = glance.GlanceUpload(context, volume, image_service, image_meta)
        self._images.upload(database.volume_state(volume.id), image_meta['id'], image, context)

    def _create_temp_volume_from_snapshot(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse what Cinder begins with to make a volume anew of an image that is a snapshot.

        It would copy the temporary volume over the active file as if both were raw, which
        :meth:`driver.backend.Backend.connection` refuses after that has been made.
        """
        raise exceptions.Unsupported(
            'The image stands for a snapshot, and Cinder would write raw data over the file of '
            'the volume. Nothing was changed; create a volume from that snapshot instead.'
        )

    @volume_locks.synchronized('{self.driver_prefix}-{backup.volume_id}')
    def get_backup_device(self, context: Any, backup: Any) -> tuple[Any, bool]:
        """Return the volume for cinder-backup to read as raw data, and that it is no snapshot.

        It is the volume itself where that is one raw file and detached, else a temporary copy,
        which cinder-backup has Cinder delete.
        """
        with backups.given_up_on_failure(backup, self._backend.delete_volume):
            source = database.volume_state(backup.volume_id)
            if backup.snapshot_id is None and self._copies.is_raw(source):
                return backups.source(backup), False
            volume = backups.add_copy(backup, self._peers)
            self._copy_for_backup(volume, source, backup, context)
            return volume, False

    @volume_locks.synchronized('{self.driver_prefix}-{volume.id}')
    def _copy_for_backup(self, volume: Any, source: Any, backup: Any, context: Any) -> None:
        target = dataclasses.replace(self._place(volume), encrypted=source.encrypted)
        self._copies.for_backup(target, source, backup.snapshot_id, context)
