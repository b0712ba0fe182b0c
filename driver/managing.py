# SPDX-License-Identifier: Apache-2.0
"""Cinder's calls to manage and unmanage volumes and snapshots: the locks, and delegation.

Main class: :class:`ManagingDriver`, from which a driver inherits them. What the calls do is left
to :mod:`driver.adopting`, :mod:`driver.adopting_snapshots` and :mod:`driver.manageable`.
"""

from __future__ import annotations

from typing import Any

from cinder import exception
from cinder.volume import volume_utils

from driver import (
    adopting,
    adoption_rows,
    database,
    exceptions,
    refusals,
    settling,
    volume_locks,
)
from driver.adopting import Adoptions
from driver.adopting_snapshots import SnapshotAdoptions
from driver.manageable import Manageable
from driver.opening import Opener
from driver.peers import Peers, announced


class ManagingDriver:
    """A driver that can take over what is on its shares, and leave it there.

    Volumes are adopted one at a time, over all backends that have a lock in common: two requests
    may name the same file.
    """

    driver_prefix: str
    host: str
    cluster_name: str | None
    _peers: Peers
    _adoptions: Adoptions
    _snapshot_adoptions: SnapshotAdoptions

    def _set_up_managing(self, opener: Opener) -> None:
        self._adoptions = Adoptions(opener, adoption_rows)
        self._snapshot_adoptions = SnapshotAdoptions(opener, adoption_rows)

    def _settle_managing(self, look: settling.Look) -> None:
        """Settle what services have not ended.

        The status of a snapshot ends in the same way whoever ends it.
        """
        mine = (self.host, self.cluster_name)
        self._adoptions.settle(*mine, look.own)
        self._snapshot_adoptions.settle(*mine, look.free)

    def manage_existing_get_size(self, volume: Any, existing_ref: object) -> int:
        """Return the size in GiB of what is to become a volume, rounded up."""
        refusals.refuse_encrypted(volume, 'managing a file')
        return self._adoptions.candidates.examine(existing_ref).gib

    @announced
    @volume_locks.synchronized('{self.driver_prefix}-{volume.id}', '{self.driver_prefix}-manage')
    def manage_existing(self, volume: Any, existing_ref: object) -> dict[str, str]:
        """Make a volume of what is on a share; returns its ``provider_location``."""
        share = self._adoptions.adopt(volume.id, volume.name, existing_ref)
        return {'provider_location': share}

    def _was_given_back(self, volume: Any) -> bool:
        """Undo what is left of an adoption if a volume is deleted that could not be managed."""
        failed = volume.status == adopting.DELETING
        if failed:
            self._adoptions.give_back(volume.id, volume.name)
        return bool(failed)

    @announced
    @volume_locks.synchronized('{self.driver_prefix}-{volume.id}')
    def unmanage(self, volume: Any) -> None:
        """Leave a volume on its share as it is."""
        self._adoptions.release(database.volume_state(volume.id))

    def get_manageable_volumes(
        self,
        cinder_volumes: Any,
        marker: Any,
        limit: int,
        offset: int | None,
        sort_keys: list[str],
        sort_dirs: list[str],
    ) -> Any:
        """Return what is on the shares: what can be managed, and why the rest can't."""
        found = Manageable(self._adoptions.candidates).volumes()
        return volume_utils.paginate_entries_list(
            found, marker, limit, offset, sort_keys, sort_dirs
        )

    @volume_locks.synchronized('{self.driver_prefix}-{snapshot.volume_id}')
    def manage_existing_snapshot_get_size(self, snapshot: Any, existing_ref: object) -> int:
        """Return the size in GiB of a snapshot that is to be managed, rounded up."""
        state = database.volume_state(snapshot.volume_id)
        return self._snapshot_adoptions.gib(state, existing_ref)

    @volume_locks.synchronized('{self.driver_prefix}-{snapshot.volume_id}')
    def manage_existing_snapshot(self, snapshot: Any, existing_ref: object) -> None:
        """Have a snapshot in a volume's record be that of Cinder."""
        state = database.volume_state(snapshot.volume_id)
        self._snapshot_adoptions.adopt(state, snapshot.id, existing_ref)

    @volume_locks.synchronized('{self.driver_prefix}-{snapshot.volume_id}')
    def unmanage_snapshot(self, snapshot: Any) -> None:
        """Leave a snapshot in its volume's record.

        :raises SnapshotIsBusy: it is one of an encrypted volume, and in no record
        """
        state = database.volume_state(snapshot.volume_id)
        try:
            self._snapshot_adoptions.release(state, snapshot.id)
        except exceptions.Unsupported as error:
            # What has Cinder leave the snapshot as it is, and its status, too.
            raise exception.SnapshotIsBusy(message=str(error)) from error

    def get_manageable_snapshots(
        self,
        cinder_snapshots: Any,
        marker: Any,
        limit: int,
        offset: int | None,
        sort_keys: list[str],
        sort_dirs: list[str],
    ) -> Any:
        """Return the snapshots in the records of this service's volumes."""
        known = {each.id: each.volume_size for each in cinder_snapshots}
        states = adoption_rows.states(self.host, self.cluster_name)
        found = Manageable(self._adoptions.candidates).snapshots(states, known)
        return volume_utils.paginate_entries_list(
            found, marker, limit, offset, sort_keys, sort_dirs
        )
