# SPDX-License-Identifier: Apache-2.0
"""Snapshots for a guest by the second Cinder of a cluster, which dies while the first one goes on.

Main classes: :class:`CreateSnapshotInCluster` and :class:`DeleteSnapshotInCluster`. The second one
is started again only when the first one has settled what it has left.
"""

from __future__ import annotations

import contextlib
import dataclasses

from nova_assist.faults.snapshot_operations import CreateSnapshot, DeleteOldest, OnVolume
from nova_assist.faults.victims import Victim
from nova_assist.scenarios.errors import NotPossible, TookTooLong
from nova_assist.scenarios.partner import Partner
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.tracked import TrackedVolume
from nova_assist.scenarios.volumes import Volumes

#: How long the first one may take to see to what a dead one has left, once that counts as down.
_SECONDS = 20.0


class _InCluster(OnVolume):
    """An operation of the second Cinder."""

    victim = Victim.PEER
    online = True

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._other: TrackedVolume | None = None

    @property
    def partner(self) -> Partner:
        """The second Cinder.

        :raises NotPossible: there is none
        """
        if self.stage.context.partner is None:
            raise NotPossible('there is one Cinder; --cluster makes two of one cluster')
        return self.stage.context.partner

    @property
    def volumes(self) -> Volumes:
        """Has the second Cinder do it."""
        stage = self.stage
        volumes = Volumes(dataclasses.replace(stage.context, api=self.partner.api), stage.guests)
        volumes.all = stage.volumes.all
        return volumes

    def prepare(self) -> None:
        """Make another volume too."""
        self._other = self.stage.volumes.create('other') if self.partner else None
        super().prepare()

    def revive(self) -> None:
        """Have the first one go on with the other volume, and Cinder take the second for down."""
        if self._other is not None:
            self.stage.volumes.snapshot(self._other, 'meanwhile')
            self.stage.volumes.delete_snapshot(self._other, 'meanwhile')
        self.partner.go_down()

    def _is_any(self, status: str) -> bool:
        with refusals(f'listing the snapshots of volume {self.target.name}'):
            options = {'volume_id': self.target.id, 'status': status}
            return bool(self.stage.context.api.cinder.volume_snapshots.list(search_opts=options))

    def _await_take_over(self, status: str) -> None:
        """Wait until the first one has ended what the second one had under way, if it does."""
        with contextlib.suppress(TookTooLong):
            self.stage.context.patience.wait(
                f'the end of "{status}"', lambda: not self._is_any(status) or None, _SECONDS
            )


class CreateSnapshotInCluster(_InCluster, CreateSnapshot):
    """Take a snapshot for a guest with one of two Cinders, the other goes on when it dies."""

    def survey(self) -> None:
        """Have Cinder end what had no effect yet, which no driver is asked about."""
        self._await_take_over('creating')
        cinder = self.stage.context.api.cinder

        def ended() -> bool | None:
            with refusals('cleaning up after the dead one'):
                cinder.workers.clean(host=self.partner.host, is_up=False)
            return not self._is_any('creating') or None

        if self._is_any('creating'):
            self.stage.context.patience.wait('the end of "creating"', ended)
        super().survey()

    def repeat(self) -> None:
        """Have the second one come back, and take another snapshot."""
        self.partner.come_back()
        super().repeat()


class DeleteSnapshotInCluster(_InCluster, DeleteOldest):
    """Delete a snapshot for a guest with one of two Cinders, the other goes on when it dies."""

    def survey(self) -> None:
        """See what the first one has made of it."""
        self._await_take_over('deleting')
        super().survey()

    def repeat(self) -> None:
        """Have the second one come back, and delete the snapshot if it is still there."""
        self.partner.come_back()
        super().repeat()
