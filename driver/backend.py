# SPDX-License-Identifier: Apache-2.0
"""Making, copying, growing, deleting and connecting volumes: what Cinder's calls mean for files.

Main classes: :class:`Backend`, and :class:`Target`, what it is to make. Callers hold the volume's
lock. How files change is left to :mod:`driver.volumes`, snapshots to :mod:`driver.snapshots`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections.abc import Iterator

from oslo_log import log as logging

from driver import (
    chain,
    exceptions,
    journal,
    records,
    refusals,
    restoring,
    snapshot_copies,
    volumes,
)
from driver.chain import Image
from driver.database import VolumeState
from driver.layout import Format, Layout
from driver.luks import Encryption
from driver.opening import Opened, Opener
from driver.restoring import Restorations

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Target:
    """A volume that is to be made.

    :ivar size: bytes; what goes beyond the data that it is made with reads as zeros
    :ivar format: of its file, if not the one that the options ask for
    :ivar encrypted: whether it is to be, which takes a raw file: Nova would format any other anew
    """

    volume_id: str
    share: str
    name: str
    size: int
    format: Format | None = None
    encrypted: bool = False


@dataclasses.dataclass(frozen=True)
class Backend:
    """The volumes of one backend.

    :ivar opener: opens a volume for an operation
    """

    opener: Opener
    restorations: Restorations

    def create_volume(self, target: Target, encryption: Encryption | None) -> None:
        """Make an empty volume.

        :param encryption: what it is to be encrypted with, None if it is not to be
        """
        with self._made(target) as (layout, image_format):
            sparse, maker = self.opener.settings.sparse, self.opener.maker
            if encryption is not None:
                volumes.create_encrypted(layout, encryption, target.size, sparse, maker)
                return
            volumes.create(layout, image_format, target.size, sparse, maker)

    def create_from_snapshot(self, target: Target, source: VolumeState, snapshot_id: str) -> None:
        """Make a volume with the data of a snapshot, which may be of an attached volume.

        :param target: at least as large as the snapshot
        :raises StateError: the source has no such snapshot, or it is being deleted
        """
        refusals.require_like(target.volume_id, target.encrypted, source)
        opened = self.opener.open(source)
        if snapshot_copies.is_one(source, opened.record, snapshot_id):
            copy = snapshot_copies.image(opened.layout, snapshot_id)
            self._copy(opened, copy, target, held=False)
            return
        deleted = opened.pending is not None and opened.pending.snapshot_id == snapshot_id
        if deleted or snapshot_id not in opened.record.overlays:
            raise exceptions.StateError(
                f'Snapshot {snapshot_id} is not in {opened.layout.record}, or being deleted. '
                f'Nothing was copied.'
            )
        image = chain.snapshot_image(opened.record, opened.chain, snapshot_id)
        self._copy(opened, image, target, held=False)

    def clone(self, target: Target, source: VolumeState) -> None:
        """Make a volume with the data of a detached one, which needs no snapshot.

        :param target: at least as large as the source
        :raises FileInUse: somebody has the source open
        """
        refusals.require_like(target.volume_id, target.encrypted, source)
        opened = self.opener.open(source)
        with volumes.at_rest(opened.layout, opened.chain):
            self._copy(opened, opened.chain.active, target, held=True)

    def _copy(self, source: Opened, image: Image, target: Target, *, held: bool) -> None:
        with self._made(target) as (layout, image_format):
            volumes.copy(
                source.layout.path(image.name),
                image.format,
                layout,
                image_format,
                target.size,
                self.opener.settings.sparse,
                self.opener.maker,
                held=held,
            )

    @contextlib.contextmanager
    def _made(self, target: Target) -> Iterator[tuple[Layout, Format]]:
        """Yield where a volume is to be made, in which format, and record that it has been."""
        usual = Format.QCOW2 if self.opener.settings.qcow2 else Format.RAW
        image_format = Format.RAW if target.encrypted else target.format or usual
        yield self.opener.layout(target.share, target.name), image_format
        self.opener.ledger.save_formats(target.volume_id, image_format, image_format)

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
        # Nobody but Cinder attaches a volume of these statuses: to copy a snapshot over it, where
        # an image that a volume is made anew of stands for one (``reimage`` of its volume
        # manager). It is "error" where a service that has started gave that up too early.
        restored = self.restorations.is_awaited(state.id, state.status, state.attached)
        given_up = state.status == 'error' and not state.attached and not restored
        if state.status == 'downloading' or given_up:
            raise exceptions.StateError(
                f'Volume {state.id} is {state.status}, and Cinder would write raw data over its '
                f'active file, whatever format that has and whichever snapshots need it. Nothing '
                f'was changed; create a volume from the snapshot that the image stands for, or '
                f'reset the state of the volume if it was not to be made anew.'
            )
        image = self.restorations.begin(state) if restored else self._active(state)
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
