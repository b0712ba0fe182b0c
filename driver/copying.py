# SPDX-License-Identifier: Apache-2.0
"""Copies of volumes, attached or not, and of snapshots: for clones, and for cinder-backup to read.

Main class: :class:`Copies`. Callers hold the locks of both volumes. The copying itself is left to
:mod:`driver.backend`, the temporary snapshot of an attached volume to :mod:`driver.snapshots`.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from driver.backend import Backend
from driver.database import VolumeState
from driver.layout import Format
from driver.snapshots import Snapshots


@dataclasses.dataclass(frozen=True)
class Copies:
    """The copies that one backend makes."""

    backend: Backend
    snapshots: Snapshots

    def is_raw(self, state: VolumeState) -> bool:
        """Tell whether a volume nobody writes to is one raw file, so that it needs no copy.

        :raises DriverError: it can't be opened
        """
        active = self.backend.opener.open(state).chain.active
        return not state.attached and active.format is Format.RAW

    def of_volume(
        self,
        volume_id: str,
        share: str,
        name: str,
        size: int,
        source: VolumeState,
        context: Any,
        image_format: Format | None = None,
    ) -> None:
        """Make a volume with the data of another one: as it is, or of a temporary snapshot.

        :param size: bytes, at least the source's; the rest reads as zeros
        :param context: of the request
        :param image_format: of the new volume, if not the one that the options ask for
        :raises AssistError: the guest has not switched to the temporary snapshot's overlay
        """
        if not source.attached:
            self.backend.clone(volume_id, share, name, size, source, image_format)
            return
        purpose = f'copy it to {volume_id}'
        with self.snapshots.temporary(source, volume_id, purpose, context) as snapshot_id:
            self.backend.create_from_snapshot(
                volume_id, share, name, size, source, snapshot_id, image_format
            )

    def for_backup(
        self,
        volume_id: str,
        share: str,
        name: str,
        size: int,
        source: VolumeState,
        snapshot_id: str | None,
        context: Any,
    ) -> None:
        """Make a raw volume with the data of another one or of its snapshot, if one is given.

        :param size: bytes that the source has
        :param context: of the request
        """
        if snapshot_id is None:
            self.of_volume(volume_id, share, name, size, source, context, Format.RAW)
        else:
            self.backend.create_from_snapshot(
                volume_id, share, name, size, source, snapshot_id, Format.RAW
            )
