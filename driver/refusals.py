# SPDX-License-Identifier: Apache-2.0
"""Refuses what this driver does not do with some kinds of volumes, before anything is made.

Main functions: :func:`refuse_special`, for targets of migrations, and those for encrypted volumes:
no data of such a volume may ever be on a share in the clear. Of these Nova opens one raw file with
a LUKS header and nothing else, see ``doc/source/reference/encryption.rst``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from driver import exceptions
from driver.database import VolumeState
from driver.location import Location


def refuse_special(volume: Any) -> None:
    """Refuse to make a volume that is the target of a migration.

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


def refuse_encrypted(volume: Any, purpose: str) -> None:
    """Refuse something for a volume that is, or is to be, encrypted.

    :param volume: Cinder's object
    :param purpose: what is refused, as ``making it of an image``
    :raises Unsupported: it is
    """
    if volume.encryption_key_id:
        raise exceptions.Unsupported(
            f'Volume {volume.id} is encrypted, or is to be: {purpose} is not done then. Make an '
            f'empty volume of that type, attach it, and have a guest copy the data.'
        )


def refuse_snapshot(state: VolumeState, purpose: str) -> None:
    """Refuse a snapshot of an encrypted volume that is attached.

    :param purpose: what it is for, as ``take snapshot …``
    :raises Unsupported: it is encrypted and attached
    """
    if state.encrypted and state.attached:
        raise exceptions.Unsupported(
            f'Volume {state.id} is encrypted and attached, so that this is not done: {purpose}. '
            f'It takes a snapshot, and Nova would have the guest write to the new file in the '
            f'clear, or fail to open it. Nothing was changed; detach the volume, then repeat.'
        )


def require_like(target_id: str, encrypted: bool, source: VolumeState) -> None:
    """See that a volume is encrypted like the one that it is made of, byte by byte.

    Cinder gives both the same key then.

    :param target_id: the volume that is to be made
    :param encrypted: whether that is to be encrypted
    :raises Unsupported: one of them is, the other is not
    """
    if encrypted != source.encrypted:
        which = target_id if encrypted else source.id
        raise exceptions.Unsupported(
            f'Volume {target_id} was to be made of volume {source.id}, of which only {which} is '
            f'encrypted; data is copied as it is. Nothing was copied; make an empty volume, '
            f'attach both, and have a guest copy the data.'
        )
