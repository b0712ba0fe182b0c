# SPDX-License-Identifier: Apache-2.0
"""Finishes or forgets an interrupted operation, by what the files show.

Main function: :func:`settle`.
"""

from __future__ import annotations

from driver import access, chain, exceptions, locks, records, volumes
from driver.chain import Chain
from driver.journal import Intent, Operation
from driver.layout import Layout
from driver.records import Record


def settle(
    layout: Layout, record: Record, found: Chain, intent: Intent, maker: access.FileMaker
) -> Record:
    """Bring a volume's record and files in line with how far an operation has come.

    :param found: the chain from the record's active file down
    :return: the record in force; unlike ``record`` if the operation had gone through
    :raises ChainError: it can't be told
    :raises FileInUse: what is left of the operation is open somewhere
    """
    if intent.operation is Operation.CREATE:
        return _settle_create(layout, record, found, intent.snapshot_id, maker)
    after = chain.finished_merge(record, found, intent.snapshot_id)
    if after is not None:
        records.save(layout, after, maker)
    in_force = after or record
    ended = intent.snapshot_id not in in_force.overlays
    if ended and intent.removes is not None and intent.removes not in found.names:
        volumes.discard(layout, intent.removes)
    return in_force


def _settle_create(
    layout: Layout, record: Record, found: Chain, snapshot_id: str, maker: access.FileMaker
) -> Record:
    overlay = layout.overlay(snapshot_id)
    if overlay in found.names or not volumes.exists(layout, overlay):
        return record
    if not is_taken(layout, overlay):
        volumes.discard(layout, overlay)
        return record
    if locks.holders(layout.path(found.active.name)).writing:
        raise exceptions.ChainError(
            f'{overlay} holds data of a guest, and a guest writes to {found.active.name} below '
            f'it. Nothing was changed. Stop the guest that uses the wrong file: the log of '
            f'nova-compute tells which snapshot came to which end.'
        )
    after = record.with_snapshot(snapshot_id, overlay)
    records.save(layout, after, maker)
    return after


def is_taken(layout: Layout, overlay: str) -> bool:
    """Tell whether a guest writes to a new overlay, or has written to it."""
    return locks.holders(layout.path(overlay)).writing or volumes.holds_data(layout, overlay)
