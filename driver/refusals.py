# SPDX-License-Identifier: Apache-2.0
"""Refuses volumes of kinds that this driver does not do, before anything is made for them.

Main function: :func:`refuse_special`. The volumes are Cinder's objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from driver import exceptions
from driver.location import Location


def refuse_special(volume: Any) -> None:
    """Refuse to make a volume that is encrypted, or the target of a migration.

    :raises Unsupported: it is
    """
    # That is how Cinder marks the volume that it makes to copy another one to.
    status, _, source = (volume.migration_status or '').partition(':')
    if status == 'target':
        raise exceptions.Unsupported(
            f'Volume {source} is to be migrated, or retyped with a migration, for which Cinder '
            f'would copy its raw data to volume {volume.id}: this driver does not do that, but '
            f'copies between its own backends by itself. Leave out force_host_copy; or take a '
            f'snapshot of volume {source}, and create a volume of the other type from it.'
        )
    refuse_encrypted(volume)


def require_location(volume: Any, host: Mapping[str, Any], locks: str) -> Location:
    """Return what is known of the backend that a volume is to be moved to.

    :param host: the backend and its capabilities, as Cinder's scheduler has them
    :param locks: what the names of this backend's locks begin with
    :raises Unsupported: it is not one of this driver
    """
    capabilities = host.get('capabilities') or {}
    location = Location.parse(capabilities.get('location_info'))
    if location is None or location.locks != locks:
        raise exceptions.Unsupported(
            f'Volume {volume.id} is to be migrated to {host["host"]}, which is no backend of this '
            f'driver, or has not reported yet. Nothing was changed. Repeat it in a minute; or '
            f'take a snapshot, create a volume of the other type from it.'
        )
    return location


def refuse_encrypted(volume: Any) -> None:
    """Refuse a volume that is, or is to be, encrypted.

    :raises Unsupported: it is
    """
    if volume.encryption_key_id:
        raise exceptions.Unsupported(
            f'Volume {volume.id} is to be encrypted, or is, which this driver does not do.'
        )
