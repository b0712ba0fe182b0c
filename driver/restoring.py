# SPDX-License-Identifier: Apache-2.0
"""Restoring a backup to a volume: what cinder-backup writes, and how the volume takes it in.

Main class: :class:`Restorations`. cinder-backup empties the file that it is led to,
then writes raw data to it, whatever the volume's format and its snapshots. So it gets a raw file
beside the volume's own, and the volume has its old data until cinder-backup has ended. How files
change is left to :mod:`driver.volumes` and :mod:`driver.replacing`.
"""

from __future__ import annotations

import dataclasses
from typing import Protocol

from oslo_log import log as logging

from driver import (
    durable,
    exceptions,
    reading,
    replacing,
    snapshot_copies,
    volumes,
    wrapping,
)
from driver.chain import Image
from driver.database import VolumeState
from driver.layout import Format, Layout
from driver.opening import Opened, Opener

LOG = logging.getLogger(__name__)

# In which cinder-backup, and nobody else, has a volume attached to write to it: a volume that is
# created from a backup has no state of its own for that.
_STATES = ('restoring-backup', 'creating')

# What Cinder's start makes of a volume that is being created, which may be from a backup.
_GIVEN_UP = 'error'


class Rows(Protocol):
    """What Cinder's database knows of backups; :mod:`driver.backups` is one."""

    def is_being_restored(self, volume_id: str) -> bool:
        """Tell whether cinder-backup restores a backup to a volume."""

    def restored_is_encrypted(self, volume_id: str) -> bool | None:
        """Tell whether what is being restored is of an encrypted volume; None if unknown."""

    def give_up_creation(self, volume_id: str) -> bool:
        """Have a volume that is ``creating`` be in ``error``; returns whether it was that."""


@dataclasses.dataclass(frozen=True)
class Restorations:
    """The restorations to one backend's volumes; callers hold the volume's lock.

    :ivar rows: Cinder's database
    :ivar begun: where those lie that this service has begun, or found at its start, and not seen
        to end, by volume id
    """

    opener: Opener
    rows: Rows
    begun: dict[str, Layout] = dataclasses.field(default_factory=dict)

    def is_awaited(self, volume_id: str, status: str, attached: bool) -> bool:
        """Tell whether whoever attaches or detaches a volume is cinder-backup, which restores it.

        Where cinder-volume was started since, a volume that is created from a backup has failed
        for Cinder, and cinder-backup goes on.
        """
        given_up = status == _GIVEN_UP and not attached
        return status in _STATES or (given_up and self.rows.is_being_restored(volume_id))

    def begin(self, state: VolumeState) -> Image:
        """Return the empty file that cinder-backup is to write to.

        :raises StateError: a guest may have the volume open
        :raises Unsupported: it is encrypted and has snapshots, or only one of volume and backup is
            encrypted
        :raises DriverError: the volume can't be opened, so it could not take in anything either
        """
        if state.attached:
            raise exceptions.StateError(
                f'Volume {state.id} is attached, so no backup is restored to it. Nothing was '
                f'changed; detach it, then repeat.'
            )
        layout = self.opener.layout(state.share, state.name)
        # cinder-backup has this attempt ended even if it fails here, which must not take in what
        # another one has left.
        discard(layout)
        self._refuse_other_kind(state)
        if state.encrypted:
            _refuse_to_lose_copies(layout, state.id)
        self.opener.open(state)
        self.opener.maker.make(layout.path(layout.restored))
        self.begun[state.id] = layout
        return Image(layout.restored, Format.RAW, 0)

    def _refuse_other_kind(self, state: VolumeState) -> None:
        """Refuse what cinder-backup would only find out once it had written it, or never.

        Data in the clear would be on the share, under a type that promises that none is; what is
        encrypted would be what a guest gets to see.
        """
        encrypted = self.rows.restored_is_encrypted(state.id)
        if encrypted is not None and encrypted != state.encrypted:
            volume, backup = (
                ('encrypted', 'is not') if state.encrypted else ('not encrypted', 'is')
            )
            raise exceptions.Unsupported(
                f'Volume {state.id} is {volume}; the backup that is to be restored to it {backup} '
                f'one of an encrypted volume. Nothing was changed; restore it to a volume of the '
                f'type that the backed-up volume has.'
            )

    def end(self, state: VolumeState) -> None:
        """Have a volume take in what cinder-backup has written; a death leaves the old or new.

        If nothing was written, as when cinder-backup could not open the file, it keeps what it
        has.

        :raises StateError: what was written is gone, or is larger than the volume
        :raises FileInUse: somebody has the volume open
        """
        opened = self.opener.open(state)
        layout = opened.layout
        if not reading.exists(layout, layout.restored):
            raise exceptions.StateError(
                f'{layout.restored}, to which a backup was restored, is gone. Volume {state.id} '
                f'was left as it is; restore the backup again.'
            )
        written = reading.length(layout.path(layout.restored))
        if written:
            with replacing.superseded(layout, opened.chain.active.name):
                _take_in(self.opener, opened, written, opened.size)
        discard(layout)

    def left(self) -> list[str]:
        """Return the ids of volumes of which a restoration has not been seen to end.

        For that no folder has to be read, however many volumes there are; needs no lock.
        """
        for volume_id, layout in list(self.begun.items()):
            if not reading.exists(layout, layout.restored):
                del self.begun[volume_id]
        return list(self.begun)

    def discard_ended(self, volume_id: str) -> None:
        """Remove what a restoration has left that has ended without our being told."""
        if self.rows.is_being_restored(volume_id):
            return
        if volume_id in self.begun:
            discard(self.begun[volume_id])
        if self.rows.give_up_creation(volume_id):
            LOG.warning(
                'The restoration of a backup to the new volume %s was interrupted. Its status is '
                '"error" now: delete it, and create it again.',
                volume_id,
            )


def _refuse_to_lose_copies(layout: Layout, volume_id: str) -> None:
    if copies := snapshot_copies.names(layout):
        raise exceptions.Unsupported(
            f'Volume {volume_id} is encrypted and has snapshots, {copies}. With a backup Cinder '
            f'gives it another key, and deletes the one that they are under. Nothing was changed; '
            f'delete them, or restore the backup to a new volume.'
        )


def discard(layout: Layout) -> None:
    """Remove what a restoration that never ended has left; nothing left is fine."""
    volumes.remove_temporary(layout, layout.restored)


def _take_in(opener: Opener, opened: Opened, written: int, size: int) -> None:
    layout, active = opened.layout, opened.chain.active
    sparse = opener.settings.sparse or active.format is Format.QCOW2
    volumes.grow(layout, Image(layout.restored, Format.RAW, written), size, sparse, holes=True)
    path = layout.path(layout.restored)
    if active.format is Format.QCOW2:
        wrapping.wrap(path, active.backing, active.backing_format)
    durable.publish(path, layout.path(active.name))
