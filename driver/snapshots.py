# SPDX-License-Identifier: Apache-2.0
"""Taking and deleting a snapshot: what Cinder's call means for files, database and guest.

Main class: :class:`Snapshots`. Callers hold the volume's lock. How files change is left to
:mod:`driver.offline` and :mod:`driver.online`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Collection, Iterator
from typing import Any

from oslo_log import log as logging

from driver import (
    chain,
    exceptions,
    journal,
    offline,
    online,
    reading,
    records,
    refusals,
    snapshot_copies,
    volumes,
)
from driver.database import VolumeState
from driver.journal import Intent, Operation
from driver.opening import Opened, Opener, require_unchanged
from driver.statuses import Statuses
from nova_assist import client

LOG = logging.getLogger(__name__)

# The states in which the in-tree driver (remotefs.py) works on snapshots too, and that of a volume
# of which an image is being made: there the snapshot is our own. All of a volume can be deleted of
# which a revert has failed.
_CREATE_STATES = ('available', 'in-use', 'backing-up', 'uploading')
_DELETE_STATES = (*_CREATE_STATES, 'deleting', 'downloading', 'error')

#: Seconds that a volume may take to be detached.
_PASSING_SECONDS = 60

#: Seconds that Nova may take to answer a request, which it does before it does the work.
_ANSWER_SECONDS = 60


@dataclasses.dataclass(frozen=True)
class Snapshots:
    """The snapshots of one backend's volumes.

    :ivar opener: opens a volume for an operation
    """

    opener: Opener

    @functools.cached_property
    def _statuses(self) -> Statuses:
        return Statuses(self.opener.ledger.snapshot_statuses)

    def create(self, state: VolumeState, snapshot_id: str, context: Any) -> None:
        """Take a snapshot, through Nova where the volume is attached.

        :param context: of the request
        :raises AssistError: the guest has not switched to the new file
        """
        refusals.refuse_snapshot(state, f'take snapshot {snapshot_id}')
        self._require_support()
        _require(state, _CREATE_STATES, f'take snapshot {snapshot_id}')
        opened = self._idle(state, self.opener.open(state), snapshot_id)
        layout, record, maker = opened.layout, opened.record, self.opener.maker
        if state.encrypted:
            snapshot_copies.only_image(layout, opened.chain)
        with self._journaled(opened, Intent(Operation.CREATE, snapshot_id)):
            if state.encrypted:
                sparse = self.opener.settings.sparse
                snapshot_copies.take(layout, opened.chain, snapshot_id, sparse, maker)
            elif state.attached:
                assist = self._assist(state, snapshot_id, context)
                overlay = online.create(layout, opened.chain, assist, maker)
                records.save(layout, record.with_snapshot(snapshot_id, overlay), maker)
            else:
                offline.create(layout, record, opened.chain, snapshot_id, maker)
            self.opener.tell(state, layout, opened.chain)

    @contextlib.contextmanager
    def temporary(
        self, state: VolumeState, made_id: str, purpose: str, context: Any
    ) -> Iterator[str]:
        """Take a snapshot of an attached volume for the length of the block; yields its id.

        One that can't be deleted afterwards is logged and left to the operator: what was made of
        it is whole, and what went wrong before tells more.

        :param made_id: the volume or image that is to be made of it
        :param purpose: what that is good for, as ``copy it to …``
        :param context: of the request
        :raises AssistError: the guest has not switched to the new file
        """
        refusals.refuse_snapshot(state, purpose)
        self._require_support()
        ledger = self.opener.ledger
        snapshot_id = ledger.add_temporary_snapshot(state.id, made_id, purpose)
        try:
            self.create(state, snapshot_id, context)
            # The overlay and its record are there: from now on it is a snapshot like any other.
            ledger.set_snapshot_status(snapshot_id, 'available')
            yield snapshot_id
        finally:
            self._delete_temporary(state.id, snapshot_id, context)

    def _delete_temporary(self, volume_id: str, snapshot_id: str, context: Any) -> None:
        ledger = self.opener.ledger
        try:
            ledger.set_snapshot_status(snapshot_id, 'deleting')
            # The guest may have been detached meanwhile, or be just about to be. Who attaches,
            # extends or reverts the volume, whose status says so, waits for the lock held here.
            state = client.poll(
                lambda: ledger.volume_state(volume_id),
                lambda now: now.status != 'detaching',
                _PASSING_SECONDS,
            )
            self._delete(state, snapshot_id, context)
            ledger.forget_snapshot(snapshot_id)
        except Exception:
            LOG.exception(
                'Temporary snapshot %s of volume %s, taken to copy it, could not be deleted. '
                'Delete it once what is told here is mended.',
                snapshot_id,
                volume_id,
            )
            with contextlib.suppress(Exception):
                ledger.set_snapshot_status(snapshot_id, 'error')

    def _require_support(self) -> None:
        if not self.opener.settings.snapshots:
            raise exceptions.Unsupported(
                f'Snapshots, and copies of attached volumes, which need one, are off: set '
                f'{self.opener.settings.prefix}_snapshot_support = true in cinder.conf.'
            )

    def delete(self, state: VolumeState, snapshot_id: str, context: Any) -> None:
        """Delete a snapshot, through Nova where the volume is attached.

        A snapshot that isn't in the record was never finished: what is left of it is removed,
        unless a guest has written to it.

        :param context: of the request
        :raises AssistError: the guest's files are not merged
        :raises StateError: what is left of it holds data
        """
        _require(state, _DELETE_STATES, f'delete snapshot {snapshot_id}')
        self._delete(state, snapshot_id, context)

    def _delete(self, state: VolumeState, snapshot_id: str, context: Any) -> None:
        layout = self.opener.layout(state.share, state.name)
        if reading.is_gone(layout):
            LOG.warning('Nothing of volume %s is on its share any more.', state.id)
            snapshot_copies.remove(layout, snapshot_id)
            return
        opened = self.opener.open(state)
        if snapshot_copies.is_one(state, opened.record, snapshot_id):
            snapshot_copies.remove(layout, snapshot_id)
            return
        if snapshot_id not in opened.record.overlays:
            _remove_leftover(opened, snapshot_id)
            return
        opened = self._idle(state, opened, snapshot_id)
        if state.attached:
            self._merge_attached(state, opened, snapshot_id, context)
        else:
            self._merge_detached(state, opened, snapshot_id)

    def _idle(self, state: VolumeState, opened: Opened, snapshot_id: str) -> Opened:
        """Return a volume of which no other snapshot is being deleted.

        :raises StateError: a merge that Nova was asked for may still go on
        """
        pending = opened.pending
        if pending is None or pending.snapshot_id == snapshot_id:
            return opened
        if state.attached:
            raise exceptions.StateError(
                f'Volume {state.id}: the deletion of snapshot {pending.snapshot_id} was '
                f'interrupted and may still be going on. Delete that snapshot again, then repeat '
                f'this.'
            )
        LOG.info('%s: finishing what was interrupted: %s', opened.layout.volume, pending)
        self._merge_detached(state, opened, pending.snapshot_id)
        return self.opener.open(state)

    def _merge_detached(self, state: VolumeState, opened: Opened, snapshot_id: str) -> None:
        plan = chain.plan_offline_merge(opened.record, opened.chain, snapshot_id)
        with self._journaled(opened, Intent(Operation.DELETE, snapshot_id, removes=plan.overlay)):
            offline.merge(opened.layout, plan, self.opener.maker)
            self.opener.tell(state, opened.layout, opened.chain)

    def _merge_attached(
        self, state: VolumeState, opened: Opened, snapshot_id: str, context: Any
    ) -> None:
        layout = opened.layout
        plan = chain.plan_online_merge(opened.record, opened.chain, snapshot_id)
        # Once merged it has to be removed, which takes a lock on it.
        volumes.require_writable(layout, [plan.removed])
        assist = self._assist(state, snapshot_id, context)
        try:
            with self._journaled(
                opened, Intent(Operation.DELETE, snapshot_id, removes=plan.removed)
            ):
                online.merge(layout, plan, assist)
                records.save(layout, plan.record, self.opener.maker)
                volumes.discard(layout, plan.removed)
                self.opener.tell(state, layout, opened.chain)
        except online.NotTaken as refusal:
            # The guest's definition names the active file only: as long as that one stays, and
            # nobody has the files open, a guest that is shut off doesn't matter.
            if not plan.spares_active or volumes.in_use(layout, opened.chain.names):
                raise
            LOG.info('%s Nobody has the files open, so they are merged here.', refusal)
            self._merge_detached(state, opened, snapshot_id)

    @contextlib.contextmanager
    def _journaled(self, opened: Opened, intent: Intent) -> Iterator[None]:
        """Keep an intent until the operation has ended, or has come to nothing.

        A repetition that is refused says nothing of the first attempt, which may be going on.
        """
        try:
            with journal.kept(
                opened.layout,
                intent,
                self.opener.maker,
                pending=opened.pending,
                check=lambda: require_unchanged(opened.layout, opened.record),
            ):
                yield
        except online.NotTaken:
            if opened.pending is None:
                journal.clear(opened.layout)
            raise

    def _assist(self, state: VolumeState, snapshot_id: str, context: Any) -> online.Assist:
        settings, ledger = self.opener.settings, self.opener.ledger
        return online.Assist(
            volume_id=state.id,
            snapshot_id=snapshot_id,
            calls=ledger.nova(context, min(_ANSWER_SECONDS, settings.create_timeout)),
            awaited=lambda: self._statuses.awaited(snapshot_id),
            reset=lambda status: ledger.reset_progress(snapshot_id, status),
            create_timeout=settings.create_timeout,
            delete_timeout=settings.delete_timeout,
        )


def _require(state: VolumeState, accepted: Collection[str], what: str) -> None:
    if state.status not in accepted:
        raise exceptions.StateError(
            f'Could not {what} of volume {state.id} while its status is {state.status}: only in '
            f'{", ".join(accepted)}.'
        )


def _remove_leftover(opened: Opened, snapshot_id: str) -> None:
    layout, leftover = opened.layout, opened.layout.overlay(snapshot_id)
    volumes.remove_temporary(layout, layout.temporary(leftover))
    if leftover in opened.chain.names or not reading.exists(layout, leftover):
        return
    if reading.holds_data(layout, leftover):
        raise exceptions.StateError(
            f'{leftover} is in no record, yet a guest has written to it, so it was not removed. '
            f'Compare it with {opened.chain.active.name} of {layout.volume} '
            f'("nova-assist check {layout.folder}"): if it holds the newer data, name it in '
            f'{layout.record} as active and for {snapshot_id}; if not, remove it. Then repeat.'
        )
    volumes.discard(layout, leftover)
