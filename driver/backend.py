# SPDX-License-Identifier: Apache-2.0
"""Making, copying, growing, deleting and connecting volumes: what Cinder's calls mean for files.

Main class: :class:`Backend`. Callers hold the volume's lock. How files change is left to
:mod:`driver.volumes`, snapshots to :mod:`driver.snapshots`.
"""

from __future__ import annotations

import dataclasses
import sys

from oslo_log import log as logging

from driver import chain, exceptions, journal, records, restoring, volumes
from driver.chain import Image
from driver.database import VolumeState
from driver.layout import Format, Layout
from driver.opening import Opened, Opener

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Backend:
    """The volumes of one backend.

    :ivar opener: opens a volume for an operation
    """

    opener: Opener

    @property
    def _format(self) -> Format:
        return Format.QCOW2 if self.opener.settings.qcow2 else Format.RAW

    def choose_share(self, size: int) -> str:
        """Return the share for a new volume.

        :param size: bytes
        :raises ShareError: no share has room
        """
        return self.opener.mounted.choose(size)

    def create_volume(self, volume_id: str, share: str, name: str, size: int) -> None:
        """Make an empty volume.

        :param size: bytes
        """
        layout = self.opener.layout(share, name)
        volumes.create(layout, self._format, size, self.opener.settings.sparse, self.opener.maker)
        self.opener.ledger.save_formats(volume_id, self._format, self._format)

    def create_from_snapshot(
        self,
        volume_id: str,
        share: str,
        name: str,
        size: int,
        source: VolumeState,
        snapshot_id: str,
        image_format: Format | None = None,
    ) -> None:
        """Make a volume with the data of a snapshot, which may be of an attached volume.

        :param size: bytes, at least the snapshot's; the rest reads as zeros
        :param image_format: of the new volume, if not the one that the options ask for
        :raises StateError: the snapshot isn't in the source's record, or is being deleted
        """
        opened = self.opener.open(source)
        deleted = opened.pending is not None and opened.pending.snapshot_id == snapshot_id
        if deleted or snapshot_id not in opened.record.overlays:
            raise exceptions.StateError(
                f'Snapshot {snapshot_id} is not in {opened.layout.record}, or being deleted. '
                f'Nothing was copied.'
            )
        image = chain.snapshot_image(opened.record, opened.chain, snapshot_id)
        wanted = image_format or self._format
        self._copy(opened, image, self.opener.layout(share, name), wanted, size, held=False)
        self.opener.ledger.save_formats(volume_id, wanted, wanted)

    def clone(
        self,
        volume_id: str,
        share: str,
        name: str,
        size: int,
        source: VolumeState,
        image_format: Format | None = None,
    ) -> None:
        """Make a volume with the data of a detached one, which needs no snapshot.

        :param size: bytes, at least the source's; the rest reads as zeros
        :param image_format: of the new volume, if not the one that the options ask for
        :raises FileInUse: somebody has the source open
        """
        wanted = image_format or self._format
        opened = self.opener.open(source)
        with volumes.at_rest(opened.layout, opened.chain):
            target = self.opener.layout(share, name)
            self._copy(opened, opened.chain.active, target, wanted, size, held=True)
        self.opener.ledger.save_formats(volume_id, wanted, wanted)

    def _copy(
        self,
        source: Opened,
        image: Image,
        target: Layout,
        target_format: Format,
        size: int,
        *,
        held: bool,
    ) -> None:
        volumes.copy(
            source.layout.path(image.name),
            image.format,
            target,
            target_format,
            size,
            self.opener.settings.sparse,
            self.opener.maker,
            held=held,
        )

    def delete_volume(self, share: str | None, name: str) -> None:
        """Remove a volume's files; a volume that is gone already is fine.

        :param share: where it lies, None if it was never made
        :raises StateError: it has snapshots
        :raises FileInUse: somebody has it open
        """
        if not share:
            LOG.warning('%s was never made on a share, nothing to delete.', name)
            return
        layout = self.opener.layout(share, name)
        volumes.delete(layout, records.load(layout))
        journal.clear(layout)

    def undo_extension(self, state: VolumeState) -> None:
        """Give a detached volume back the size that the database has for it.

        :raises FileInUse: somebody has it open
        """
        grown = dataclasses.replace(state, size=sys.maxsize)
        opened = self.opener.open(grown)
        if opened.chain.active.virtual_size > state.size:
            volumes.shrink(opened.layout, opened.chain.active, state.size)

    def connection(self, state: VolumeState) -> dict[str, str]:
        """Return the ``data`` of a connection: export, name and format, options where set.

        :raises StateError: for a backup that would read a volume which is raw no more, or for
            Cinder, which would write to one as if it were raw
        :raises ImageError: a header is hostile
        :raises ChainError: record and files disagree
        """
        # Nobody but Cinder attaches a volume of that status: to copy a snapshot over it, where
        # that stands for the image that a volume is made anew of (``reimage`` of its volume
        # manager).
        if state.status == 'downloading':
            raise exceptions.StateError(
                f'Volume {state.id} is downloading, and Cinder would write raw data over its '
                f'active file, whatever format that has and whichever snapshots need it. Nothing '
                f'was changed; create a volume from the snapshot that the image stands for.'
            )
        restored = state.status in restoring.STATES
        image = restoring.begin(self.opener, state) if restored else self._active(state)
        data = {'export': state.share, 'name': image.name, 'format': image.format.value}
        options = self.opener.mounted.options.get(state.share)
        return {**data, 'options': options} if options else data

    def _active(self, state: VolumeState) -> Image:
        opened = self.opener.open(state)
        active = opened.chain.active
        # cinder-backup takes any file for raw data, and is led to volumes that are one raw file.
        reads = state.status == 'backing-up' and not state.attached
        if reads and active.format is not Format.RAW:
            raise exceptions.StateError(
                f'Volume {state.id} has become a {active.format.value} file, {active.name}, since '
                f'its backup began, and cinder-backup would read that as if it were raw. Make the '
                f'backup again.'
            )
        restoring.discard(opened.layout)
        return active
