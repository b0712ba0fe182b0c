# SPDX-License-Identifier: Apache-2.0
"""Moving a volume from one backend to another, in the format that the other one makes.

Main class: :class:`Migrations`. The copy gets a name of its own, so that nothing is overwritten
where both backends have the same share, and one change of the volume's row makes it the volume. A
note in Cinder's database, kept by :mod:`driver.migration_rows`, leads to what has to be removed
after a death: the copy before that change, what was copied after it. What another backend is like
is left to :mod:`driver.location`.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping
from typing import Protocol

from oslo_log import log as logging

from driver import exceptions, journal, records, settling, volumes
from driver.access import FileMaker
from driver.database import VolumeState
from driver.layout import Layout
from driver.location import Location
from driver.migration_note import Migration, Place
from driver.opening import Opened, Opener
from driver.placing import Placing

LOG = logging.getLogger(__name__)

_ABOUT_TO_BE_ATTACHED = ('attaching', 'reserved')


class Rows(Protocol):
    """What is asked of Cinder's database; :mod:`driver.migration_rows` is one."""

    def unfinished(self, host: str, cluster: str | None) -> frozenset[str]:
        """Return the ids of volumes whose migration from or to a service has not ended."""

    def noted(self, volume_id: str) -> Migration | None:
        """Return the migration of a volume that is under way, if one is noted."""

    def place(self, volume_id: str) -> Place:
        """Return where a volume lies now."""

    def name_of(self, name_id: str) -> str:
        """Return the name of the file of a volume with such a ``name_id``."""

    def begin(self, volume_id: str, migration: Migration) -> None:
        """Note a migration."""

    def switch(
        self, volume_id: str, name_id: str, share: str, destination: Mapping[str, object]
    ) -> None:
        """Have a volume lie elsewhere, at once."""

    def forget(self, volume_id: str) -> None:
        """Drop the note, and record the formats of what the volume consists of now."""

    def give_up(self, volume_id: str, moved: bool) -> None:
        """Drop the note, and make a volume usable again whose migration nobody will end."""


@dataclasses.dataclass(frozen=True)
class Migrations:
    """The migrations from one backend to others; callers hold the volume's lock.

    :ivar opener: opens a volume for an operation
    :ivar placing: says how much of a share may be given away
    :ivar home: the service's host, such as ``node@nfs``
    """

    opener: Opener
    placing: Placing
    rows: Rows
    home: str

    def migrate(
        self, state: VolumeState, location: Location, destination: Mapping[str, object]
    ) -> dict[str, str]:
        """Move a detached volume without snapshots; returns what its row has for it now.

        :param destination: ``host`` and, where there is one, ``cluster_name``, as Cinder has them
        :raises StateError: it is attached or has snapshots; nothing was changed, and likewise with
            the others
        :raises FileInUse: somebody has it open
        :raises ShareError: the other backend's shares can't be used from here, or have no room
        """
        opened = self._open(state)
        name_id = str(uuid.uuid4())
        maker = FileMaker(location.mode)
        theirs = self.opener.mounted.beside(location.shares)
        theirs.mount()
        theirs.admit(maker)
        share = dataclasses.replace(self.placing, mounted=theirs).choose(state.size, state.id)
        target = Place(share, self.rows.name_of(name_id))
        source = Place(state.share, state.name)
        migration = Migration(self.home, source, target, location.format)
        self.rows.begin(state.id, migration)
        try:
            # Until the copy is the volume, nobody may write to what is copied.
            with volumes.at_rest(opened.layout, opened.chain):
                self._copy(opened, Layout(theirs.folder(share), target.name), location, maker)
                self.rows.switch(state.id, name_id, share, destination)
        except Exception:
            self._undo(state.id, migration)
            raise
        self._remove(source)
        self.rows.forget(state.id)
        return {'_name_id': name_id, 'provider_location': share}

    def settle_all(self, cluster: str | None, try_lock: settling.TryLock) -> None:
        """End, at the start of a service, what the last one has not ended.

        :param cluster: the service's cluster, if it is in one
        """
        settling.each(self.rows.unfinished(self.home, cluster), try_lock, self.settle)

    def settle(self, volume_id: str) -> None:
        """End a migration that an earlier service has not ended."""
        migration = self.rows.noted(volume_id)
        moved = migration is not None and self.rows.place(volume_id) == migration.target
        if migration is not None:
            self._remove(migration.source if moved else migration.target)
        LOG.warning(
            'Volume %s: its migration was interrupted, after it %s.',
            volume_id,
            'had been moved; if it was a retype, repeat that' if moved else 'had changed nothing',
        )
        self.rows.give_up(volume_id, moved)

    def _open(self, state: VolumeState) -> Opened:
        # Who is about to attach it may have been told already which file to open; of old calls
        # (os-initialize_connection) there is no attachment before they have ended.
        if state.attached or state.attachments or state.status in _ABOUT_TO_BE_ATTACHED:
            raise exceptions.StateError(
                f'Volume {state.id} is attached, or about to be (attachments '
                f'{list(state.attachments)}), and only detached volumes are migrated. Nothing was '
                f'changed; detach it, then repeat.'
            )
        opened = self.opener.open(state)
        if opened.record.overlays:
            raise exceptions.StateError(
                f'Volume {state.id} has snapshots, {sorted(opened.record.overlays)}, which would '
                f'not go with it. Nothing was changed; delete them before it is migrated, or '
                f'create a volume of the other type from one of them.'
            )
        return opened

    def _copy(self, opened: Opened, target: Layout, location: Location, maker: FileMaker) -> None:
        active = opened.chain.active
        path = opened.layout.path(active.name)
        form, sparse = location.format, location.sparse
        volumes.copy(path, active.format, target, form, opened.size, sparse, maker, held=True)

    def _undo(self, volume_id: str, migration: Migration) -> None:
        """Remove the copy, unless it is the volume: what failed may have come true."""
        try:
            if self.rows.place(volume_id) == migration.source:
                self._remove(migration.target)
                self.rows.forget(volume_id)
        except Exception:  # what went wrong first is what counts
            LOG.exception('The next start removes what is left of a migration: %s', migration)

    def _remove(self, place: Place) -> None:
        """Remove files that are no volume's; if that fails, the volume is used all the same."""
        try:
            folder = self.opener.mounted.beside([place.share]).folder(place.share)
            layout = Layout(folder, place.name)
            volumes.delete(layout, records.load(layout))
            journal.clear(layout)
        except exceptions.DriverError as error:
            LOG.error('%s is no volume any more; remove it by hand: %s', place, error)
