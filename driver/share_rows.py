# SPDX-License-Identifier: Apache-2.0
"""What Cinder's database knows of the volumes on shares, added up by the database.

Main function: :func:`promised`. One volume is left to :mod:`driver.database`.
"""

from __future__ import annotations

from collections.abc import Collection

from cinder import objects
from oslo_utils import units
from sqlalchemy import func

from driver import sessions


def promised(exports: Collection[str], apart_from: str | None = None) -> dict[str, int]:
    """Return how many bytes the volumes on some shares may grow to, by share.

    Counted is every volume that has a share, those included that are being made and those that
    another backend has on the same share. It is one query, whatever the number of volumes: Cinder
    itself offers sums by host alone.

    :param exports: as ``provider_location`` has them; one without volumes is not in the answer
    :param apart_from: the id of a volume that does not count
    """
    volume = objects.Volume.model
    with sessions.reading() as session:
        found = (
            session.query(volume.provider_location, func.sum(volume.size))
            .filter(volume.deleted.is_(False), volume.provider_location.in_(exports))
            .group_by(volume.provider_location)
        )
        if apart_from is not None:
            found = found.filter(volume.id != apart_from)
        return {str(export): int(gib) * units.Gi for export, gib in found}
