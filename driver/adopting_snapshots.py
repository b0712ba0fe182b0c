# SPDX-License-Identifier: Apache-2.0
"""Managing the snapshots that a volume's record has and Cinder has not, and unmanaging them.

Main class: :class:`SnapshotAdoptions`. A snapshot is a key of the record, so that one replacement
of the record gives it the id that Cinder has for it. Volumes are left to :mod:`driver.adopting`.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Protocol

from oslo_log import log as logging

from driver import chain, exceptions, reading, records, references, settling
from driver.candidates import rounded
from driver.chain import Image
from driver.database import VolumeState
from driver.opening import Opened, Opener

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Unfinished:
    """A snapshot that is being unmanaged, or else is ``creating``, as one being managed is."""

    snapshot_id: str
    volume_id: str
    unmanaging: bool


class Rows(Protocol):
    """What is asked of Cinder's database; :mod:`driver.adoption_rows` is one."""

    def is_snapshot(self, snapshot_id: str) -> bool:
        """Tell whether Cinder has a snapshot of that id."""

    def begin_snapshot(self, snapshot_id: str, gib: int) -> None:
        """Note the size of a snapshot that is being managed."""

    def unfinished_snapshots(self, host: str, cluster: str | None) -> list[Unfinished]:
        """Return a service's snapshots that are being made or managed, or unmanaged."""


@dataclasses.dataclass(frozen=True)
class SnapshotAdoptions:
    """The snapshots of one backend's volumes; callers hold the volume's lock."""

    opener: Opener
    rows: Rows

    def gib(self, state: VolumeState, given: object) -> int:
        """Return the size of a snapshot in GiB, rounded up.

        :raises DriverError: as :meth:`adopt`
        """
        return rounded(self._find(state, given)[2].virtual_size)

    def adopt(self, state: VolumeState, snapshot_id: str, given: object) -> None:
        """Have a snapshot of a volume's record be the one that Cinder has made a row for.

        :param given: the reference: the id that the record has for it
        :raises InvalidReference: the record has none of that id, or Cinder has one of that id
        :raises StateError: its deletion has begun
        :raises ChainError: record and files disagree
        """
        opened, key, image = self._find(state, given)
        self.rows.begin_snapshot(snapshot_id, rounded(image.virtual_size))
        overlay = opened.record.overlays[key]
        overlays = {**opened.record.without_snapshot(key).overlays, snapshot_id: overlay}
        record = records.Record(opened.record.active, overlays)
        records.save(opened.layout, record, self.opener.maker)
        LOG.info('Snapshot %s of %s is %s now.', key, opened.layout.volume, snapshot_id)

    def _find(self, state: VolumeState, given: object) -> tuple[Opened, str, Image]:
        """Return the volume, the id that its record has for the snapshot, and that one's data."""
        key = references.mapped(given).get(references.NAME)
        opened = self.opener.open(state)
        if not isinstance(key, str) or key not in opened.record.overlays:
            raise exceptions.InvalidReference(
                f'{opened.layout.record} has no snapshot {key!r}, and no other than '
                f'{sorted(opened.record.overlays)}. Give one of these as "{references.NAME}".'
            )
        if self.rows.is_snapshot(key):
            raise exceptions.InvalidReference(f'Snapshot {key} is managed already.')
        if opened.pending is not None and opened.pending.snapshot_id == key:
            raise exceptions.StateError(
                f'The deletion of snapshot {key} of volume {state.id} has begun, so its data can '
                f'not be relied on. It was not managed.'
            )
        return opened, key, chain.snapshot_image(opened.record, opened.chain, key)

    def release(self, state: VolumeState, snapshot_id: str) -> None:
        """See that a snapshot can be left in the record, for whoever manages it next.

        :raises Unsupported: it is one of an encrypted volume
        :raises StateError: its deletion has begun
        :raises ChainError: record and files disagree
        """
        if state.encrypted:
            raise exceptions.Unsupported(
                f'Snapshot {snapshot_id} of volume {state.id}, which is encrypted, is in no '
                f'record, so that nobody could manage it again. It was left as it is; delete it.'
            )
        opened = self.opener.open(state)
        if opened.pending is not None and opened.pending.snapshot_id == snapshot_id:
            raise exceptions.StateError(
                f'The deletion of snapshot {snapshot_id} of volume {state.id} has begun: delete '
                f'it again instead.'
            )

    def settle(self, host: str, cluster: str | None, try_lock: settling.TryLock) -> None:
        """End at the start of a service what has come as far as the record, and undo the rest.

        Cinder's own start makes an error of what is ``creating`` and in no record.
        """
        for each in self.rows.unfinished_snapshots(host, cluster):
            act = functools.partial(self._settle, each)
            settling.each([each.volume_id], try_lock, act)

    def _settle(self, left: Unfinished, volume_id: str) -> None:
        ledger = self.opener.ledger
        if left.unmanaging:
            ledger.set_snapshot_status(left.snapshot_id, 'available')
            return
        state = ledger.volume_state(volume_id)
        layout = self.opener.layout(state.share, state.name)
        if not reading.is_gone(layout) and left.snapshot_id in records.load(layout).overlays:
            ledger.settle_creation(left.snapshot_id, taken=True)
