# SPDX-License-Identifier: Apache-2.0
"""Opens a volume for an operation: record and headers read, what was interrupted settled.

Main class: :class:`Opener`. What is then done is left to :mod:`driver.backend` and
:mod:`driver.snapshots`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any, Protocol

from oslo_log import log as logging

from driver import (
    access,
    chain,
    exceptions,
    extension,
    journal,
    reading,
    records,
    recovery,
    shares,
    snapshot_copies,
)
from driver.chain import Chain
from driver.database import VolumeState
from driver.journal import Intent, Operation
from driver.layout import Format, Layout
from driver.options import Settings
from driver.records import Record
from nova_assist import client

LOG = logging.getLogger(__name__)


class Ledger(Protocol):
    """What is asked of Cinder's database and of Nova's API; :mod:`driver.database` is one."""

    def volume_state(self, volume_id: str) -> VolumeState:
        """Read a volume afresh."""

    def save_formats(self, volume_id: str, active: Format, base: Format) -> None:
        """Record the formats of a volume's active file and of its base."""

    def point_attachments_to(self, volume_id: str, name: str, image_format: Format) -> None:
        """Make each attachment's connection info lead to another file."""

    def settle_creation(self, snapshot_id: str, taken: bool) -> None:
        """Give a snapshot whose creation was interrupted the status that its files deserve."""

    def snapshot_statuses(self, snapshot_ids: Collection[str]) -> Mapping[str, client.Status]:
        """Read the status and progress of snapshots; those that are gone are missing."""

    def reset_progress(self, snapshot_id: str, status: str) -> None:
        """Forget the progress of an earlier attempt, and set the status of what begins."""

    def add_temporary_snapshot(self, source_id: str, made_id: str, purpose: str) -> str:
        """Give a snapshot that lasts only while a volume is copied its row; returns its id."""

    def set_snapshot_status(self, snapshot_id: str, status: str) -> None:
        """Change a snapshot's status."""

    def forget_snapshot(self, snapshot_id: str) -> None:
        """Remove a snapshot's row."""

    def nova(self, context: Any, timeout: float) -> client.AssistedSnapshots:
        """Return Nova's API."""


@dataclasses.dataclass(frozen=True)
class Opened:
    """A volume whose record and headers agree.

    :ivar size: bytes
    :ivar pending: a deletion that was interrupted and has to be finished, unless the guest's
        QEMU is still merging; the snapshot's data can't be relied on
    """

    layout: Layout
    record: Record
    chain: Chain
    size: int
    pending: Intent | None = None


@dataclasses.dataclass(frozen=True)
class Opener:
    """Opens the volumes of one backend.

    :ivar maker: makes files with the mode that the options ask for
    :ivar ledger: Cinder's database and Nova's API
    :ivar extensions: the same for extensions of attached volumes
    """

    settings: Settings
    mounted: shares.Shares
    maker: access.FileMaker
    ledger: Ledger
    extensions: extension.Rows

    def layout(self, share: str, name: str) -> Layout:
        """Return where a volume's files lie; mounts the share if need be."""
        return Layout(self.mounted.folder(share), name)

    def open(self, state: VolumeState) -> Opened:
        """Read a volume's record and headers, and settle what an operation has left behind.

        :raises StateError: it was never made, or another process is at work on it
        :raises RecordError: the record can't be read
        :raises ImageError: a header is hostile
        :raises ChainError: record and files disagree, and no interrupted operation explains it
        """
        if not state.share:
            raise exceptions.StateError(
                f'Volume {state.id} lies on no share (it has no provider_location): it was never '
                f'made, and can only be deleted. Its status is {state.status}.'
            )
        layout = self.layout(state.share, state.name)
        record = records.load(layout)
        found = self._read_chain(state, layout, record)
        pending = journal.load(layout)
        if pending is not None:
            with journal.taken(layout, pending):
                require_unchanged(layout, record)
                record = recovery.settle(
                    layout, record, found, pending, self.maker, state.attached_files
                )
                found = self._read_chain(state, layout, record)
                pending = self._end(state, layout, record, found, pending)
        chain.check(layout, record, found)
        return Opened(layout, record, found, self._size(state, found), pending)

    def _size(self, state: VolumeState, found: Chain) -> int:
        """Return a volume's size, settled if it was uncertain."""
        if state.extension is None:
            return state.size
        return extension.settle(
            self.extensions, state.id, state.extension, found.active, attached=state.attached
        )

    def _end(
        self, state: VolumeState, layout: Layout, record: Record, found: Chain, pending: Intent
    ) -> Intent | None:
        """Tell the database how an interrupted operation was settled; returns what is left."""
        self.tell(state, layout, found)
        exists = pending.snapshot_id in record.overlays or (
            state.encrypted and snapshot_copies.is_taken(layout, pending.snapshot_id)
        )
        if pending.operation is Operation.DELETE and exists:
            return pending
        if pending.operation is Operation.CREATE:
            self.ledger.settle_creation(pending.snapshot_id, exists)
        LOG.warning('%s: settled what was interrupted: %s', layout.volume, pending)
        recovery.clear_temporary(layout, pending)
        journal.clear(layout)
        return None

    def tell(self, state: VolumeState, layout: Layout, before: Chain) -> None:
        """Have the database know the active file of now, and its format.

        :param before: the chain before an operation, whose base may be gone since
        """
        record = records.load(layout)
        base = before.base
        base_format = base.format if reading.exists(layout, base.name) else Format.QCOW2
        active_format = base_format if record.active == base.name else Format.QCOW2
        self.ledger.save_formats(state.id, active_format, base_format)
        if state.attached:
            self.ledger.point_attachments_to(state.id, record.active, active_format)

    def _read_chain(self, state: VolumeState, layout: Layout, record: Record) -> Chain:
        found = active_format(layout, record, state)
        return reading.read_chain(layout, record.active, found, state.largest)


def active_format(layout: Layout, record: Record, state: VolumeState) -> Format:
    """Return the format of the active file, from what is recorded and never from its data.

    :raises StateError: none is recorded
    """
    if record.active != layout.volume:
        return Format.QCOW2
    recorded = state.base_format or state.active_format
    if recorded is None:
        raise exceptions.StateError(
            f'Cinder has no format on record for volume {state.id}. Add it to the admin metadata '
            f'of the volume: format = raw or qcow2, as the volume was made.'
        )
    return recorded


def require_unchanged(layout: Layout, record: Record) -> None:
    """See that a volume's record is what it was when it was read.

    :raises StateError: another process has been at work on the volume
    """
    if records.load(layout) != record:
        raise exceptions.overtaken(layout.volume)
