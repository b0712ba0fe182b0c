# SPDX-License-Identifier: Apache-2.0
"""Finishes or undoes an interrupted operation, as far as the files show how it has to end.

Main function: :func:`settle`. Which operations were interrupted is left to
:mod:`driver.opening`, for one volume, and to :mod:`driver.startup`, for all of a service.
"""

from __future__ import annotations

from collections.abc import Collection

from driver import access, chain, exceptions, locks, reading, records, volumes
from driver.chain import Chain
from driver.journal import Intent, Operation
from driver.layout import Layout
from driver.records import Record


def settle(
    layout: Layout,
    record: Record,
    found: Chain,
    intent: Intent,
    maker: access.FileMaker,
    attached_to: Collection[str] = (),
) -> Record:
    """Bring a volume's record and files in line with how far an operation has come.

    A creation ends here. A deletion ends if its files are merged; otherwise all stays as it is,
    for the merge may be going on, or has to be done again.

    :param found: the chain from the record's active file down
    :param attached_to: the files that attachments of the volume name
    :return: the record in force; unlike ``record`` if the operation had gone through
    :raises ChainError: it can't be told
    :raises FileInUse: what is left of the operation is open somewhere
    """
    if intent.operation is Operation.CREATE:
        return _settle_create(layout, record, found, intent.snapshot_id, maker, attached_to)
    after = chain.finished_merge(record, found, intent.snapshot_id)
    if after is not None:
        records.save(layout, after, maker)
    in_force = after or record
    ended = intent.snapshot_id not in in_force.overlays
    if ended and intent.removes is not None and intent.removes not in found.names:
        volumes.discard(layout, intent.removes)
    return in_force


def clear_temporary(layout: Layout, intent: Intent) -> None:
    """Remove the files that an operation was preparing when it was interrupted."""
    snapshot_id = intent.snapshot_id
    made = (layout.overlay(snapshot_id), layout.copy(snapshot_id))
    for name in (*made, layout.record, layout.journal):
        volumes.remove_temporary(layout, layout.temporary(name))


def _settle_create(
    layout: Layout,
    record: Record,
    found: Chain,
    snapshot_id: str,
    maker: access.FileMaker,
    attached_to: Collection[str],
) -> Record:
    overlay = layout.overlay(snapshot_id)
    if overlay in found.names or not reading.exists(layout, overlay):
        return record
    if overlay not in attached_to and not is_taken(layout, overlay):
        volumes.withdraw(layout, overlay)
        return record
    if locks.holders(layout.path(found.active.name)).writing:
        raise exceptions.ChainError(
            f'{overlay} holds data of a guest, or is named by an attachment, and a guest writes '
            f'to {found.active.name} below it. Nothing was changed. Stop the guest that uses the '
            f'wrong file (the log of nova-compute tells which snapshot came to which end, '
            f'"nova-assist check {layout.folder}" what lies there), then repeat.'
        )
    after = record.with_snapshot(snapshot_id, overlay)
    records.save(layout, after, maker)
    return after


def is_taken(layout: Layout, overlay: str) -> bool:
    """Tell whether a guest writes to a new overlay, or has written to it."""
    return locks.holders(layout.path(overlay)).writing or reading.holds_data(layout, overlay)
