# SPDX-License-Identifier: Apache-2.0
"""Snapshots of a volume that nobody has open: carries out a plan with qemu-img.

Each step leaves a chain that can be read: data is committed and made durable before an overlay is
rebased, the overlay is rebased before the record changes, and a file is removed last of all.
"""

from __future__ import annotations

from driver import access, durable, exceptions, locks, qemu_img, reading, records, volumes
from driver.chain import Chain, OfflineMerge
from driver.layout import Layout
from driver.records import Record


def create(
    layout: Layout, record: Record, chain: Chain, snapshot_id: str, maker: access.FileMaker
) -> None:
    """Take a snapshot: a new overlay becomes the active file.

    :raises FileInUse: somebody has the active file open
    """
    overlay = layout.overlay(snapshot_id)
    with locks.claim(layout.path(chain.active.name)):
        volumes.create_overlay(layout, overlay, chain.active, maker)
        # Should this fail, nobody knows which record is in force: the journal has it settled.
        records.save(layout, record.with_snapshot(snapshot_id, overlay), maker)


def merge(layout: Layout, plan: OfflineMerge, maker: access.FileMaker) -> None:
    """Delete a snapshot: its overlay is committed into the file below.

    :raises FileInUse: somebody has a file of the chain open
    :raises CommandError: qemu-img failed; nothing was removed, the chain is readable, and the
        same deletion can be repeated
    """
    # QEMU's own locks wouldn't always object: two writers of a raw file may share it.
    touched = [plan.overlay, plan.lower.name, *([plan.upper] if plan.upper else [])]
    if busy := volumes.in_use(layout, touched):
        raise exceptions.FileInUse(
            f'{busy} of {layout.volume} are open in a QEMU process that Cinder does not know of. '
            f'Nothing was merged; find the guest ("lslocks", "fuser") and repeat.'
        )
    volumes.require_writable(layout, touched)
    if plan.resizes or _holds_data(layout, plan.overlay):
        qemu_img.commit(layout.path(plan.overlay))
    # In any case: another driver's commit empties the overlay, and may have been interrupted.
    durable.sync_file(layout.path(plan.lower.name))
    if plan.upper is not None:
        qemu_img.rebase(layout.path(plan.upper), plan.lower.name, plan.lower.format)
        durable.sync_file(layout.path(plan.upper))
    records.save(layout, plan.record, maker)
    volumes.discard(layout, plan.overlay)


def _holds_data(layout: Layout, overlay: str) -> bool:
    """Tell whether there is anything to commit, as of a moment when nobody could write it.

    :raises FileInUse: somebody has it open
    """
    with locks.claim(layout.path(overlay)):
        return reading.holds_data(layout, overlay)
