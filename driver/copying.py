# SPDX-License-Identifier: Apache-2.0
"""Copies of volumes, attached or not, and of snapshots: for clones, and for cinder-backup to read.

Main class: :class:`Copies`. Callers hold the locks of both volumes. The copying itself is left to
:mod:`driver.backend`, the temporary snapshot of an attached volume to :mod:`driver.snapshots`.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from driver.backend import Backend, Target
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

    def of_volume(self, target: Target, source: VolumeState, context: Any) -> None:
        """Make a volume with the data of another one: as it is, or of a temporary snapshot.

        :param target: at least as large as the source
        :param context: of the request
        :raises AssistError: the guest has not switched to the temporary snapshot's overlay
        """
        if not source.attached:
            self.backend.clone(target, source)
            return
        purpose = f'copy it to {target.volume_id}'
        with self.snapshots.temporary(source, target.volume_id, purpose, context) as snapshot_id:
            self.backend.create_from_snapshot(target, source, snapshot_id)

    def for_backup(
        self, target: Target, source: VolumeState, snapshot_id: str | None, context: Any
    ) -> None:
        """Make a raw volume with the data of another one or of its snapshot, if one is given.

        :param target: as large as the source
        :param context: of the request
        """
        raw = dataclasses.replace(target, format=Format.RAW)
        if snapshot_id is None:
            self.of_volume(raw, source, context)
        else:
            self.backend.create_from_snapshot(raw, source, snapshot_id)
