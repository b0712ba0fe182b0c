# SPDX-License-Identifier: Apache-2.0
"""Settles at the start of the service what the last one, or cinder-backup, has left half done.

In a cluster it settles what any of its services has left, and nothing that one is at work on: see
:mod:`driver.peers`.

Main class: :class:`Startup`. How one volume is settled is left to :mod:`driver.opening`. What
takes long, a merge that has to be done again, is left to the next operation on its volume.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Collection, Iterator, Mapping
from typing import Protocol

from oslo_log import log as logging

from driver import exceptions, journal, listing, reading, settling, volumes
from driver.backend import Backend
from driver.database import VolumeState
from driver.layout import JOURNAL, TEMPORARY
from driver.revert import Reverts
from driver.startup_rows import Unfinished

LOG = logging.getLogger(__name__)

_LEFTOVERS = (JOURNAL, TEMPORARY)

# States of a volume that has no complete file, or is about to have none: Cinder's own start makes
# "error" of the one, and deletes the other again.
_WITHOUT_FILES = ('creating', 'deleting')

# What becomes of a volume that was being made of an image, or of which one was.
_MADE_OF_IT = {
    'downloading': 'It holds what it held before, or the whole image, and its status is "error" '
    'now: delete it, or reset its state to available and make it anew.',
    'uploading': 'It can be used again: delete the image, and make another one.',
}


class Rows(Protocol):
    """What is asked of Cinder's database at the start; :mod:`driver.startup_rows` is one."""

    def unfinished(self, host: str, cluster: str | None) -> Unfinished:
        """Return what a service has left half done, as far as the database shows."""

    def volume_names(self, host: str, cluster: str | None) -> Mapping[str, str]:
        """Return the ids of a service's volumes by name."""

    def give_up_transfer(self, volume_id: str) -> str | None:
        """End the status ``downloading`` or ``uploading``; returns which it was, if it was one."""

    def give_up_deletions(self, volume_id: str) -> tuple[list[str], list[str]]:
        """Make the snapshots of a volume deletable again that are ``deleting``.

        Returns their ids, and those of others that a service has in hand.
        """


@dataclasses.dataclass(frozen=True)
class Startup:
    """The start of one service.

    :ivar rows: Cinder's database
    :ivar host: the service's host, such as ``node@nfs``
    :ivar cluster: the service's cluster, if it is in one
    :ivar postponed: what the start has passed over, since somebody was at work on it: the names
        of what was left on the shares, by volume id
    """

    backend: Backend
    reverts: Reverts
    rows: Rows
    host: str
    cluster: str | None
    try_lock: settling.TryLock
    postponed: dict[str, list[str]] = dataclasses.field(default_factory=dict)

    def settle(self, look: settling.Look) -> None:
        """Settle every volume of which something was under way and nobody is at work on."""
        unfinished = self.rows.unfinished(self.host, self.cluster)
        reverts = self.reverts.rows.unfinished(self.host, self.cluster)
        left = self._leftovers()
        asked = unfinished.deletions | unfinished.extensions | unfinished.transfers | reverts
        for volume_id in asked | left.keys():
            names = {*self.postponed.get(volume_id, []), *left.get(volume_id, [])}
            self.postponed[volume_id] = sorted(names)
        self._settle_postponed(look.free, look.ours)

    def sweep(self) -> None:
        """Settle what had to wait, and what has come to be left while this service was running.

        A cinder-backup that dies tells nobody, nor does the next one.
        """
        # This service may be at work by now.
        self._settle_postponed(self.try_lock, lambda volume_id: False)
        restorations = self.backend.restorations
        settling.each(restorations.left(), self.try_lock, restorations.discard_ended)

    def _settle_postponed(self, try_lock: settling.TryLock, ours: settling.Ours) -> None:
        waiting = dict(self.postponed)
        busy = settling.each(
            waiting,
            try_lock,
            lambda volume_id: self._settle(volume_id, waiting[volume_id], ours(volume_id)),
        )
        for volume_id in waiting.keys() - busy:
            self.postponed.pop(volume_id, None)

    def _settle(self, volume_id: str, left: Collection[str], ours: bool) -> None:
        state = self.backend.opener.ledger.volume_state(volume_id)
        layout = self.backend.opener.layout(state.share, state.name)
        if journal.is_held(layout):
            raise settling.Busy(f'another process holds {layout.journal}')
        # With a volume Cinder's own start deletes its snapshots, which have to be "deleting" then.
        in_hand = self._give_up_deletions(volume_id) if state.status != 'deleting' else []
        if ours:
            self.reverts.settle(volume_id)
        if state.status not in _WITHOUT_FILES and not reading.is_gone(layout):
            if ours:
                self._open(state)
            elif layout.journal in left:
                self.backend.opener.open(state)
        for name in left:
            if name == layout.restored and self._is_restored(state):
                self.backend.restorations.begun[volume_id] = layout
            elif listing.is_temporary(name):
                volumes.remove_temporary(layout, name)
        if ours:
            self._give_up_transfer(volume_id)
        if in_hand:
            raise settling.Busy(f'the deletions of {in_hand}, its snapshots, are in hand')

    def _is_restored(self, state: VolumeState) -> bool:
        return self.backend.restorations.is_awaited(state.id, state.status, state.attached)

    def _give_up_transfer(self, volume_id: str) -> None:
        status = self.rows.give_up_transfer(volume_id)
        if status is not None:
            LOG.warning('Volume %s was %s. %s', volume_id, status, _MADE_OF_IT[status])

    def _give_up_deletions(self, volume_id: str) -> list[str]:
        given_up, in_hand = self.rows.give_up_deletions(volume_id)
        for snapshot_id in given_up:
            LOG.warning(
                'The deletion of snapshot %s of volume %s was interrupted. Its status is "error" '
                'now: delete it again.',
                snapshot_id,
                volume_id,
            )
        return in_hand

    def _open(self, state: VolumeState) -> None:
        # One of an attached volume has a note, which opening it settles.
        if state.status == 'extending' and not state.attached and state.extension is None:
            self.backend.undo_extension(state)
        else:
            self.backend.opener.open(state)
        if self.backend.opener.extensions.give_up(state.id):
            LOG.warning(
                'The extension of volume %s was interrupted. It has its old size: extend it '
                'again.',
                state.id,
            )

    def _leftovers(self) -> dict[str, list[str]]:
        """Return the names of journals and temporary files on the shares, by volume id."""
        names = list(self._names())
        if not names:
            return {}
        known = self.rows.volume_names(self.host, self.cluster)
        found: dict[str, list[str]] = {}
        for name in names:
            volume_id = known.get(name.partition('.')[0])
            if volume_id is not None:
                found.setdefault(volume_id, []).append(name)
        return found

    def _names(self) -> Iterator[str]:
        mounted = self.backend.opener.mounted
        for export in mounted.admitted():
            try:
                with os.scandir(mounted.folder(export)) as entries:
                    yield from (each.name for each in entries if each.name.endswith(_LEFTOVERS))
            except (OSError, exceptions.ShareError) as error:
                LOG.error('What was left on %s could not be looked for: %s', export, error)
