# SPDX-License-Identifier: Apache-2.0
"""Snapshots of an attached volume: carries out a plan through Nova, and believes only the files.

Main class: :class:`Assist`. Nova's report is a reason to look; what counts is which file the
guest writes to (QEMU's image locks) and how the headers are linked.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager

from oslo_log import log as logging

from driver import access, exceptions, locks, reading, recovery, volumes
from driver.chain import Chain, OnlineMerge
from driver.layout import Layout
from nova_assist import client

LOG = logging.getLogger(__name__)

#: Seconds in which QEMU has let go of what a finished job no longer needs, at most: no claim is
#: given longer than Nova has for the work itself.
SETTLE = 10.0


class NotTaken(exceptions.AssistError):
    """A request has come to nothing; what an earlier one has begun may be going on."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a request to Nova ended.

    :ivar words: that, as part of a sentence
    :ivar refused: Nova said no
    :ivar settle: seconds in which what Nova says to be done has to show; 0 if it doesn't say so
    """

    words: str
    refused: bool = False
    settle: float = 0

    @property
    def claimed(self) -> bool:
        """Whether Nova says that the work is done."""
        return self.settle > 0


@dataclasses.dataclass(frozen=True)
class Assist:
    """Nova's help with one snapshot.

    :ivar calls: Nova's API
    :ivar awaited: for the length of a block, yields what reads the snapshot's status and progress
        from Cinder's database
    :ivar reset: sets the progress back, so that an old or forged ``90%`` isn't taken for news, and
        the status to what Nova's report is accepted for
    :ivar create_timeout: seconds that Nova may take to switch the guest
    :ivar delete_timeout: seconds that Nova may take to merge
    """

    volume_id: str
    snapshot_id: str
    calls: client.AssistedSnapshots
    awaited: Callable[[], AbstractContextManager[Callable[[], client.Status]]]
    reset: Callable[[str], None]
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
        self.reset(under_way)
        unclear = ''
        try:
            send()
        except client.Refused as error:
            return Outcome(str(error), refused=True)
        except client.Unreachable as error:
            return Outcome(str(error))
        except client.Unanswered as error:
            # Nova may have begun all the same.
            unclear = f'{error}; '
        with self.awaited() as look:
            answer = client.await_answer(look, under_way, timeout)
        if answer is client.Answer.SILENT:
            return Outcome(f'{unclear}{answer.value} ({timeout:g} seconds)')
        claimed = answer is client.Answer.CLAIMED
        return Outcome(f'{unclear}{answer.value}', settle=min(SETTLE, timeout) if claimed else 0)


def create(layout: Layout, chain: Chain, assist: Assist, maker: access.FileMaker) -> str:
    """Take a snapshot: the guest switches to a new overlay.

    :return: the overlay, which the guest uses now
    :raises NotTaken: the guest has not switched; the overlay is removed again
    :raises AssistError: it can't be told who uses the overlay
    """
    active, overlay = chain.active.name, layout.overlay(assist.snapshot_id)
    volumes.create_overlay(layout, overlay, chain.active, maker)
    outcome = _outcome(lambda: assist.create(overlay))
    if not _has_switched(layout, active, overlay, outcome):
        _withdraw(layout, active, overlay, outcome)
    return overlay


def _outcome(ask: Callable[[], Outcome]) -> Outcome:
    """Have a request carried out, or whatever went wrong with it told as its outcome.

    Even if the database can't be read the guest may have switched, and that is what counts.
    """
    try:
        return ask()
    except Exception as error:
        LOG.exception('Asking Nova, or waiting for it, went wrong')
        return Outcome(f'the wait for Nova was cut short ({error})')


def _has_switched(layout: Layout, active: str, overlay: str, outcome: Outcome) -> bool:
    """Tell whether the guest has left the old active file for the overlay.

    A guest that is shut off has neither open. Then Nova changed only the guest's definition, and
    its claim is all there is, unless the guest has written to the overlay before.
    """

    def look() -> bool:
        if locks.holders(layout.path(active)).writing:
            return False
        return outcome.claimed or recovery.is_taken(layout, overlay)

    return client.poll(look, bool, outcome.settle)


def _withdraw(layout: Layout, active: str, overlay: str, outcome: Outcome) -> None:
    """Remove an overlay that the guest didn't take, so that it can't take it later either.

    Returns only if the guest took it at the last moment.

    :raises NotTaken: the overlay is gone
    :raises AssistError: it can't be told who uses it, or a guest has written to it
    """
    try:
        if reading.holds_data(layout, overlay):
            if _has_switched(layout, active, overlay, dataclasses.replace(outcome, settle=0)):
                return
            raise exceptions.AssistError(
                f'Snapshot of {layout.volume}: {outcome.words}, and though a guest has written '
                f'to {overlay}, one uses {active} now. Both were left in place; find out which '
                f'holds the newer data ("nova-assist check {layout.folder}").'
            )
        volumes.withdraw(layout, overlay)
    except exceptions.FileInUse as error:
        late = dataclasses.replace(outcome, settle=0)
        if client.poll(lambda: _has_switched(layout, active, overlay, late), bool, SETTLE):
            return
        raise exceptions.AssistError(
            f'Snapshot of {layout.volume}: {outcome.words}, and {overlay} is held open though '
            f'the guest uses {active}. It was left in place; look for the process that holds it.'
        ) from error
    raise NotTaken(
        f'Snapshot of {layout.volume} not taken: {outcome.words}, and the guest still uses '
        f'{active}. The overlay {overlay} was removed, nothing is lost. The log of nova-compute '
        f'on the host of the guest tells why; delete this snapshot and take it again.'
    )


def merge(layout: Layout, plan: OnlineMerge, assist: Assist) -> None:
    """Have the guest's QEMU merge two files; returns when the headers show it.

    :raises NotTaken: Nova refused, so that nothing has begun
    :raises AssistError: the files are not merged, or not yet; nothing was removed
    """
    outcome = _outcome(lambda: assist.delete(plan))
    if outcome.refused:
        raise NotTaken(outcome.words)
    if not client.poll(lambda: _is_merged(layout, plan), bool, outcome.settle):
        raise exceptions.AssistError(
            f'Snapshot {assist.snapshot_id} of {layout.volume} not deleted: {outcome.words}, and '
            f'{plan.removed} is still needed by {plan.rebased} or held open. Nothing was removed '
            f'or lost. The log of nova-compute on the host of the guest tells why; delete the '
            f'snapshot again: if its merge ends meanwhile, that finishes it.'
        )


def _is_merged(layout: Layout, plan: OnlineMerge) -> bool:
    rebased = reading.read_header(layout, plan.rebased)
    if rebased.backing_file != plan.new_backing:
        return False
    return not locks.holders(layout.path(plan.removed)).any
