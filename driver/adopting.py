# SPDX-License-Identifier: Apache-2.0
"""Managing what is on a share already as a volume, and unmanaging a volume.

Main class: :class:`Adoptions`. A file becomes a volume by one rename. A volume with a record,
whose overlays name each other, stays as it is: Cinder's row gets its name (``name_id``). Cinder's
database keeps from where a file came, so that an adoption that did not end is undone. Snapshots
are left to :mod:`driver.adopting_snapshots`, listing to :mod:`driver.manageable`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Protocol

from oslo_log import log as logging

from driver import access, candidates, durable, exceptions, reading, settling, volumes
from driver.candidates import GIB, Candidate, Candidates
from driver.database import VolumeState
from driver.layout import Layout
from driver.opening import Opener
from driver.probe import Owner

LOG = logging.getLogger(__name__)

#: Statuses of a volume that Cinder's start leaves as they are, however long that may be.
MANAGING, UNMANAGING, DELETING = 'managing', 'unmanaging', 'error_managing_deleting'


class Rows(candidates.Rows, Protocol):
    """What is asked of Cinder's database; :mod:`driver.adoption_rows` is one."""

    def take_name(self, volume_id: str, name_id: str) -> None:
        """Give a volume the name of another id."""

    def note(self, volume_id: str, source: str) -> None:
        """Keep where the file of a volume came from."""

    def source(self, volume_id: str) -> str | None:
        """Return where the file of a volume came from, None if it was not renamed."""

    def forget(self, volume_id: str) -> None:
        """Have a volume no file any more."""

    def unfinished(self, host: str, cluster: str | None) -> Mapping[str, str]:
        """Return a service's volumes of which this has not ended, with their statuses."""

    def end(self, volume_id: str, found: str, status: str) -> None:
        """Give a volume another status than the one that it was found with."""


@dataclasses.dataclass(frozen=True)
class Adoptions:
    """The adoptions of one backend; callers hold its lock for them, and the volume's."""

    opener: Opener
    rows: Rows

    @property
    def candidates(self) -> Candidates:
        """What can be adopted."""
        return Candidates(self.opener, self.rows)

    def adopt(self, volume_id: str, volume: str, given: object) -> str:
        """Make a volume of what an operator has named; returns its share.

        It has a whole number of GiB afterwards, and owner, group and mode of a file made now.

        :param volume: the name that the volume has in Cinder
        :raises DriverError: see :meth:`driver.candidates.Candidates.examine`; or this user may not
            give it its owner, group or mode; or there is no room
        """
        candidate = self.candidates.examine(given)
        layout, found = candidate.layout, candidate.chain
        target = Layout(layout.folder, volume)
        self._make_ours(candidate)
        volumes.require_writable(layout, found.names)
        size = candidate.gib * GIB
        if found.active.virtual_size < size:
            volumes.grow(layout, found.active, size, self.opener.settings.sparse)
        if candidate.in_place:
            self.rows.take_name(volume_id, self.rows.name_id(layout.volume) or '')
        else:
            self.rows.note(volume_id, f'{candidate.share}/{layout.volume}')
            durable.publish(layout.path(layout.volume), target.path(volume))
        self.opener.ledger.save_formats(volume_id, found.active.format, found.base.format)
        LOG.info('%s of %s is volume %s now.', layout.volume, candidate.share, volume_id)
        return candidate.share

    def _make_ours(self, candidate: Candidate) -> None:
        """Give files the owner, group and mode that a file made now has there."""
        wanted = self.opener.mounted.owner(candidate.share)
        for path in map(candidate.layout.path, candidate.chain.names):
            found = Owner.of(path.lstat())
            if found != wanted:
                access.change(
                    path,
                    wanted.uid if wanted.uid != found.uid else None,
                    wanted.gid if wanted.gid != found.gid else None,
                    wanted.mode,
                )

    def give_back(self, volume_id: str, volume: str) -> None:
        """Undo an adoption that did not end: the file has its old name again.

        :param volume: the name that the volume has in Cinder
        :raises StateError: something else bears the old name now
        """
        source = self.rows.source(volume_id)
        if source is not None:
            share, _, name = source.rpartition('/')
            old = self.opener.layout(share, name)
            new = Layout(old.folder, volume)
            if reading.exists(new, volume) and not reading.exists(new, new.record):
                if reading.exists(old, name):
                    raise exceptions.StateError(
                        f'{volume} was {name} before it was to be managed, and something else '
                        f'is called that in {old.folder} now. Rename either, then repeat.'
                    )
                durable.publish(new.path(volume), old.path(name))
        self.rows.forget(volume_id)

    def settle(self, host: str, cluster: str | None, try_lock: settling.TryLock) -> None:
        """Undo at the start of a service what it has not ended, and nobody is at work on."""
        left = self.rows.unfinished(host, cluster)
        settling.each(left, try_lock, lambda volume_id: self._settle(volume_id, left[volume_id]))

    def _settle(self, volume_id: str, status: str) -> None:
        if status == UNMANAGING:
            self.rows.end(volume_id, status, 'available')
        else:
            self.give_back(volume_id, self.opener.ledger.volume_state(volume_id).name)
            self.rows.end(volume_id, status, 'error_managing')
        LOG.warning('Volume %s was %s, which was interrupted: repeat it.', volume_id, status)

    def release(self, state: VolumeState) -> None:
        """See that a volume can be left as it is to whoever manages it next.

        :raises StateError: a deletion of a snapshot has to be finished first
        :raises FileInUse: somebody has it open
        :raises ChainError: record and files disagree
        """
        opened = self.opener.open(state)
        if opened.pending is not None:
            raise exceptions.StateError(
                f'Volume {state.id}: the deletion of snapshot {opened.pending.snapshot_id} was '
                f'interrupted. Delete that snapshot again, then repeat this.'
            )
        if busy := volumes.in_use(opened.layout, opened.chain.names):
            raise exceptions.FileInUse(
                f'{busy} are open in a QEMU process, so volume {state.id} is still managed. Find '
                f'the guest ("lslocks", "fuser", on each compute host) and repeat.'
            )
