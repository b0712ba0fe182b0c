# SPDX-License-Identifier: Apache-2.0
"""Cinder's calls to migrate and retype volumes: the lock, and delegation.

Main class: :class:`MigratingDriver`, from which a driver inherits them. What the calls do is left
to :mod:`driver.migration`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from cinder.volume import driver as cinder_driver

from driver import database, exceptions, migration_rows, refusals, volume_locks
from driver.layout import Format
from driver.location import Location
from driver.migration import Migrations
from driver.opening import Opener
from driver.peers import Peers, announced
from driver.placing import Placing


class MigratingDriver(cinder_driver.MigrateVD):  # type: ignore[misc]
    """A driver that moves volumes to other backends of its kind by itself."""

    driver_prefix: str
    _peers: Peers
    _migrations: Migrations

    def _set_up_migrating(self, opener: Opener, placing: Placing) -> None:
        self._migrations = Migrations(opener, placing, migration_rows, self._peers.host)

    @announced
    @volume_locks.synchronized('{self.driver_prefix}-{volume.id}')
    def migrate_volume(
        self, context: Any, volume: Any, host: Mapping[str, Any]
    ) -> tuple[bool, dict[str, str]]:
        """Move a detached volume without snapshots to another backend of this driver.

        Returns that it was moved, and what Cinder is to know of it.
        """
        refusals.refuse_encrypted(volume, 'moving it to another backend')
        location = refusals.require_location(volume, host, self.driver_prefix)
        return True, self._migrations.migrate(database.volume_state(volume.id), location, host)

    def retype(
        self, context: Any, volume: Any, new_type: Any, diff: Mapping[str, Any], host: Any
    ) -> tuple[bool, None]:
        """Tell whether a volume that stays in its backend is of another type at once.

        It is, since nothing that a type says changes the files, but for encryption: where one of
        both types has that, Cinder has the volume migrated without asking (``retype`` of its
        volume manager).
        """
        return True, None

    def before_volume_copy(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse a copy by Cinder, which would copy a qcow2 file as if it were raw data."""
        raise exceptions.Unsupported(
            'Cinder itself copies no volumes of this driver. Leave out force_host_copy, or take '
            'a snapshot, create a volume of the other type from it.'
        )

    def _location(self) -> Location:
        opener = self._migrations.opener
        settings, shares = opener.settings, tuple(opener.mounted.admitted())
        image_format = Format.QCOW2 if settings.qcow2 else Format.RAW
        mode = opener.maker.mode
        return Location(self.driver_prefix, shares, image_format, settings.sparse, mode)
