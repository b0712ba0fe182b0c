# SPDX-License-Identifier: Apache-2.0
"""Migrations in Cinder's database: the note, where a volume lies, how one is given up.

Main functions: :func:`begin` and :func:`switch`. Cinder's volume manager (``migrate_volume``)
writes the same once the driver has returned, and the statuses and the type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cinder import context as cinder_context
from cinder import objects
from cinder.common import constants
from cinder.objects import fields
from cinder.volume import volume_utils
from oslo_config import cfg

from driver import database
from driver.migration_note import HOST, KEYS, Migration, Place

_MIGRATING = 'migrating'


def unfinished(host: str, cluster: str | None) -> frozenset[str]:
    """Return the ids of volumes whose migration from or to a service has not ended.

    A volume that is attached is being copied by Nova, which goes on without this service.

    :param host: the service's host, such as ``node@nfs``
    :param cluster: the service's cluster, if it is in one
    """
    admin = cinder_context.get_admin_context()
    found = objects.VolumeList.get_all(admin, filters={'migration_status': _MIGRATING})
    return frozenset(
        str(each.id)
        for each in found
        if each.attach_status == fields.VolumeAttachStatus.DETACHED
        and (_is_of(each, host, cluster) or each.admin_metadata.get(HOST) == host)
    )


def noted(volume_id: str) -> Migration | None:
    """Return the migration of a volume that is under way, if one is noted."""
    return Migration.parse(database.volume_object(volume_id).admin_metadata, volume_id)


def place(volume_id: str) -> Place:
    """Return where a volume lies now."""
    volume = database.volume_object(volume_id)
    return Place(volume.provider_location, volume.name)


def name_of(name_id: str) -> str:
    """Return the name of the file of a volume with such a ``name_id``."""
    return str(cfg.CONF.volume_name_template % name_id)


def begin(volume_id: str, migration: Migration) -> None:
    """Note a migration."""
    volume = database.volume_object(volume_id)
    volume.admin_metadata = {**volume.admin_metadata, **migration.note()}
    volume.save()


def switch(volume_id: str, name_id: str, share: str, destination: Mapping[str, Any]) -> None:
    """Have a volume lie elsewhere, at once.

    :param destination: ``host`` and, where there is one, ``cluster_name``, as Cinder has them
    """
    volume = database.volume_object(volume_id)
    backend = volume_utils.extract_host(destination['host'])
    service = objects.Service.get_by_args(volume._context, backend, constants.VOLUME_BINARY)
    volume.update(
        {
            '_name_id': name_id,
            'provider_location': share,
            'host': destination['host'],
            'cluster_name': destination.get('cluster_name'),
            'availability_zone': service.availability_zone,
            'service_uuid': service.uuid,
        }
    )
    volume.save()


def forget(volume_id: str) -> None:
    """Drop the note, and record the formats of what the volume consists of now."""
    _without_note(volume_id).save()


def give_up(volume_id: str, moved: bool) -> None:
    """Drop the note, and make a volume usable again whose migration nobody will end.

    It does both at once: without the note nobody knows any more that the volume has been moved.
    """
    volume = _without_note(volume_id)
    volume.migration_status = 'success' if moved else 'error'
    if volume.status in ('maintenance', 'retyping'):
        volume.status = volume.previous_status
    volume.save()


def _without_note(volume_id: str) -> Any:
    """Return Cinder's object of a volume, which has yet to be saved."""
    state = database.volume_state(volume_id)
    volume = database.volume_object(volume_id)
    kept = {key: value for key, value in volume.admin_metadata.items() if key not in KEYS}
    volume.admin_metadata = {**kept, **database.formats(state.active_format, state.base_format)}
    return volume


def _is_of(volume: Any, host: str, cluster: str | None) -> bool:
    if cluster:
        return bool(volume.cluster_name) and _backend(volume.cluster_name) == cluster
    return _backend(volume.host) == host


def _backend(name: str) -> str:
    return str(volume_utils.extract_host(name))
