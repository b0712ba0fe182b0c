# SPDX-License-Identifier: Apache-2.0
"""Snapshots of an attached volume: carries out a plan through Nova, and believes only the files.

Main class: :class:`Assist`. Nova's report is a reason to look; what counts is which file the
guest writes to (QEMU's image locks) and how the headers are linked.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from driver import access, exceptions, locks, records, volumes
from driver.chain import Chain, OnlineMerge
from driver.layout import Layout
from driver.records import Record
from nova_assist import client

#: Seconds in which QEMU has let go of what a finished job no longer needs.
SETTLE = 10.0


class NotTaken(exceptions.AssistError):
    """Nova refused a request, so that nothing has begun."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a request to Nova ended.

    :ivar words: that, as part of a sentence
    :ivar claimed: Nova says that the work is done
    :ivar refused: Nova said no
    """

    words: str
    claimed: bool = False
    refused: bool = False


@dataclasses.dataclass(frozen=True)
class Assist:
    """Nova's help with one snapshot.

    :ivar calls: Nova's API
    :ivar look: reads the snapshot's status and progress from Cinder's database
    :ivar reset: sets the progress back, so that an old or forged ``90%`` isn't taken for news
    :ivar create_timeout: seconds that Nova may take to switch the guest
    :ivar delete_timeout: seconds that Nova may take to merge
    """

    volume_id: str
    snapshot_id: str
    calls: client.AssistedSnapshots
    look: Callable[[], client.Status]
    reset: Callable[[], None]
    create_timeout: float
    delete_timeout: float

    def create(self, new_file: str) -> Outcome:
        """Have Nova switch the guest to a new file."""
        request = client.CreateRequest(self.volume_id, self.snapshot_id, new_file)
        return self._ask(lambda: self.calls.create(request), 'creating', self.create_timeout)

    def delete(self, plan: OnlineMerge) -> Outcome:
        """Have Nova merge files."""
        request = client.DeleteRequest(
            self.volume_id, self.snapshot_id, plan.file_to_merge, plan.merge_target
        )
        return self._ask(lambda: self.calls.delete(request), 'deleting', self.delete_timeout)

    def _ask(self, send: Callable[[], None], under_way: str, timeout: float) -> Outcome:
        self.reset()
        try:
            send()
        except client.Refused as error:
            return Outcome(str(error), refused=True)
        except client.Unreachable as error:
            return Outcome(str(error))
        answer = client.await_answer(self.look, under_way, timeout)
        if answer is client.Answer.SILENT:
            return Outcome(f'{answer.value} ({timeout:g} seconds)')
        return Outcome(answer.value, claimed=answer is client.Answer.CLAIMED)


def create(
    layout: Layout, record: Record, chain: Chain, assist: Assist, maker: access.FileMaker
) -> None:
    """Take a snapshot: the guest switches to a new overlay.

    The new record is on disk before Nova is asked, so that a full share can't come between the
    guest's switch and the record of it.

    :raises AssistError: the guest has not switched; the overlay is removed again
    """
    active, overlay = chain.active.name, layout.overlay(assist.snapshot_id)
    after = record.with_snapshot(assist.snapshot_id, overlay)
    with records.staged(layout, after, maker) as publish:
        volumes.create_overlay(layout, overlay, chain.active, maker)
        outcome = assist.create(overlay)
        if not _has_switched(layout, active, overlay, outcome):
            _withdraw(layout, active, overlay, outcome)
        publish()


def _has_switched(layout: Layout, active: str, overlay: str, outcome: Outcome) -> bool:
    """Tell whether the guest has left the old active file for the overlay.

    A guest that is shut off has neither open. Then Nova changed only the guest's definition, and
    its claim is all there is.
    """

    def look() -> bool:
        if locks.holders(layout.path(active)).writing:
            return False
        return outcome.claimed or locks.holders(layout.path(overlay)).writing

    return client.poll(look, bool, SETTLE if outcome.claimed else 0)


def _withdraw(layout: Layout, active: str, overlay: str, outcome: Outcome) -> None:
    """Remove an overlay that the guest didn't take, so that it can't take it later either.

    Returns only if the guest took it at the last moment.

    :raises AssistError: the overlay is gone, or it can't be told who uses it
    """
    try:
        volumes.discard(layout, overlay)
    except exceptions.FileInUse as error:
        if client.poll(lambda: locks.holders(layout.path(overlay)).writing, bool, SETTLE):
            return
        raise exceptions.AssistError(
            f'Snapshot of {layout.volume}: {outcome.words}, and {overlay} is held open though '
            f'nobody writes to it. It was left in place; look for the process that holds it.'
        ) from error
    raise exceptions.AssistError(
        f'Snapshot of {layout.volume} not taken: {outcome.words}, and the guest still uses '
        f'{active}. The overlay {overlay} was removed, nothing is lost. The log of nova-compute '
        f'on the host of the guest tells why; delete this snapshot and take it again.'
    )


def merge(layout: Layout, plan: OnlineMerge, assist: Assist, maker: access.FileMaker) -> None:
    """Delete a snapshot: the guest's QEMU merges two files.

    :raises NotTaken: Nova refused, so that nothing has begun
    :raises AssistError: the files are not merged; nothing was removed
    """
    outcome = assist.delete(plan)
    if outcome.refused:
        raise NotTaken(outcome.words)
    if not client.poll(lambda: _is_merged(layout, plan), bool, SETTLE if outcome.claimed else 0):
        raise exceptions.AssistError(
            f'Snapshot {assist.snapshot_id} of {layout.volume} not deleted: {outcome.words}, and '
            f'{plan.removed} is still needed by {plan.rebased} or held open. Nothing was removed '
            f'or lost. The log of nova-compute on the host of the guest tells why; delete the '
            f'snapshot again once its merge has ended.'
        )
    records.save(layout, plan.record, maker)
    volumes.discard(layout, plan.removed)


def _is_merged(layout: Layout, plan: OnlineMerge) -> bool:
    rebased = volumes.read_header(layout, plan.rebased)
    if rebased.backing_file != plan.new_backing:
        return False
    return not locks.holders(layout.path(plan.removed)).any
