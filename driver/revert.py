# SPDX-License-Identifier: Apache-2.0
"""Reverting a volume to its newest snapshot: its overlay gives way to an empty one.

Main class: :class:`Reverts`. One rename decides, and an empty overlay takes the place of an empty
one as well, so there is no journal: Cinder's database keeps what was asked for, the volume
``reverting`` and the snapshot ``restoring``, until it is done. What is done there is left to
:mod:`driver.revert_rows`, the files to :mod:`driver.replacing`.
"""

from __future__ import annotations

import dataclasses
from typing import Protocol

from oslo_log import log as logging

from driver import chain, exceptions, replacing, snapshot_copies
from driver.opening import Opener

LOG = logging.getLogger(__name__)

_REVERTING = 'reverting'


class Rows(Protocol):
    """What is asked of Cinder's database; :mod:`driver.revert_rows` is one."""

    def unfinished(self, host: str, cluster: str | None) -> frozenset[str]:
        """Return the ids of a service's volumes of which a revert has not ended."""

    def snapshot_of(self, volume_id: str) -> str | None:
        """Return the id of the snapshot that a volume is being reverted to, if it is to one."""

    def end(self, volume_id: str, status: str) -> None:
        """Give a volume and its snapshot the statuses with which a revert ends."""


@dataclasses.dataclass(frozen=True)
class Reverts:
    """The reverts of one backend's volumes; callers hold the volume's lock.

    :ivar opener: opens a volume for an operation
    """

    opener: Opener
    rows: Rows

    def revert(self, volume_id: str, snapshot_id: str) -> None:
        """Give a detached volume the data of its newest snapshot again, at its present size.

        :raises StateError: it is attached, nobody waits for it any more, or the snapshot is not
            the newest one or being deleted; nothing was changed, and likewise with the others
        :raises FileInUse: somebody has the volume open
        :raises ShareError: there is no room, or what was done may not be durable
        """
        try:
            self._revert(volume_id, snapshot_id)
        except (AttributeError, NotImplementedError) as error:
            # An error of ours must not look like a driver without reverts: on these two Cinder
            # (``_revert_to_snapshot`` in ``volume/manager.py``) goes on with its generic one,
            # which writes raw data over the qcow2 overlay.
            raise exceptions.StateError(
                f'Volume {volume_id} was not reverted to snapshot {snapshot_id}: {error!r}, an '
                f'error in this driver or Cinder, whose traceback is in the log.'
            ) from error

    def _revert(self, volume_id: str, snapshot_id: str) -> None:
        state = self.opener.ledger.volume_state(volume_id)
        if state.attached or state.status != _REVERTING:
            raise exceptions.StateError(
                f'Volume {volume_id} is {"attached" if state.attached else state.status}: only a '
                f'detached one that is {_REVERTING} is reverted. Nothing was changed; ask for it '
                f'again if it is still wanted.'
            )
        opened = self.opener.open(state)
        if opened.pending is not None and opened.pending.snapshot_id == snapshot_id:
            raise exceptions.StateError(
                f'The deletion of snapshot {snapshot_id} has begun, so that its data can not be '
                f'relied on. Nothing was changed; delete it again.'
            )
        layout, found, maker = opened.layout, opened.chain, self.opener.maker
        if snapshot_copies.is_one(state, opened.record, snapshot_id):
            sparse = self.opener.settings.sparse
            snapshot_copies.restore(layout, found, snapshot_id, opened.size, sparse, maker)
            return
        lower = chain.plan_revert(opened.record, found, snapshot_id)
        replacing.replace_overlay(layout, found.active.name, lower, opened.size, maker)

    def settle(self, volume_id: str) -> None:
        """End a revert that an earlier service has not ended, if there is one.

        It is done again, whether it had been done or not: nobody has used the volume since. One
        that can't be done ends as Cinder has it end, with the volume in ``error``.
        """
        status = 'available'
        snapshot_id = self.rows.snapshot_of(volume_id)
        if snapshot_id is not None:
            try:
                self.revert(volume_id, snapshot_id)
                LOG.warning(
                    'Volume %s: finished its revert to snapshot %s.', volume_id, snapshot_id
                )
            except Exception:
                LOG.exception('Volume %s could not be reverted to %s', volume_id, snapshot_id)
                status = 'error'
        self.rows.end(volume_id, status)
