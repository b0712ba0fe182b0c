# SPDX-License-Identifier: Apache-2.0
"""What Cinder's database knows of volumes and snapshots that were on a share before it.

Main functions: :func:`owned`, :func:`note` and :func:`forget`. Cinder's API makes a row
``managing`` or ``unmanaging``, and no start of its volume manager looks for one that stayed so.
"""

from __future__ import annotations

from cinder import context as cinder_context
from cinder import objects
from cinder.objects import fields
from cinder.volume import volume_utils
from oslo_utils import uuidutils

from driver import database, exceptions
from driver.adopting import DELETING, MANAGING, UNMANAGING
from driver.adopting_snapshots import Unfinished
from driver.candidates import Owned
from driver.database import VolumeState

_UNMANAGING = fields.SnapshotStatus.UNMANAGING

#: A key of a volume's admin_metadata, whose values have at most so many characters.
_SOURCE = 'managed_from'
_LONGEST = 255


def owned(name: str) -> Owned | None:
    """Return the volume whose files bear a name, of whichever backend it is."""
    ident = name_id(name)
    if ident is None:
        return None
    admin = cinder_context.get_admin_context()
    for key in ('id', '_name_id'):
        for volume in objects.VolumeList.get_all(admin, filters={key: ident}):
            return Owned(str(volume.id), int(volume.size))
    return None


def name_id(name: str) -> str | None:
    """Return the id that a volume of that name has, None if none can have it."""
    ident = volume_utils.extract_id_from_volume_name(name)
    return ident if ident and uuidutils.is_uuid_like(ident) else None


def take_name(volume_id: str, name_id: str) -> None:
    """Give a volume the name of another id."""
    volume = database.volume_object(volume_id)
    volume.name_id = name_id
    volume.save()


def note(volume_id: str, source: str) -> None:
    """Keep where the file of a volume came from.

    :raises InvalidReference: that is too long to be kept
    """
    if len(source) > _LONGEST:
        raise exceptions.InvalidReference(
            f'{source} is longer than the {_LONGEST} characters that Cinder can keep. It was left '
            f'as it is: rename it.'
        )
    volume = database.volume_object(volume_id)
    volume.admin_metadata = {**volume.admin_metadata, _SOURCE: source}
    volume.save()


def source(volume_id: str) -> str | None:
    """Return where the file of a volume came from, None if it was not renamed."""
    found = database.volume_object(volume_id).admin_metadata.get(_SOURCE)
    return None if found is None else str(found)


def forget(volume_id: str) -> None:
    """Have a volume no file any more."""
    volume = database.volume_object(volume_id)
    metadata = dict(volume.admin_metadata)
    metadata.pop(_SOURCE, None)
    volume.admin_metadata = metadata
    volume.provider_location = None
    volume.name_id = None
    volume.save()


def unfinished(host: str, cluster: str | None) -> dict[str, str]:
    """Return a service's volumes that are being managed or unmanaged, with their statuses.

    :param host: the service's host, such as ``node@nfs``
    :param cluster: the service's cluster, if it is in one
    """
    mine = database.of_service(host, cluster)
    admin = cinder_context.get_admin_context()
    return {
        str(each.id): status
        for status in (MANAGING, UNMANAGING, DELETING)
        for each in objects.VolumeList.get_all(admin, filters={**mine, 'status': status})
    }


def end(volume_id: str, found: str, status: str) -> None:
    """Give a volume another status than the one that it was found with."""
    database.volume_object(volume_id).update_single_status_where(status, found)


def is_snapshot(snapshot_id: str) -> bool:
    """Tell whether Cinder has a snapshot of that id."""
    return bool(objects.Snapshot.exists(cinder_context.get_admin_context(), snapshot_id))


def begin_snapshot(snapshot_id: str, gib: int) -> None:
    """Note the size of a snapshot that is being managed.

    Cinder makes an error of it if it is still ``creating`` at its next start.
    """
    snapshot = objects.Snapshot.get_by_id(cinder_context.get_admin_context(), snapshot_id)
    snapshot.volume_size = gib
    snapshot.set_worker()
    snapshot.save()


def unfinished_snapshots(host: str, cluster: str | None) -> list[Unfinished]:
    """Return a service's snapshots that are being made or managed, or unmanaged.

    :param host: the service's host, such as ``node@nfs``
    :param cluster: the service's cluster, if it is in one
    """
    mine = database.of_service(host, cluster)
    found = objects.SnapshotList.get_all(cinder_context.get_admin_context(), mine)
    return [
        Unfinished(str(each.id), str(each.volume_id), each.status == _UNMANAGING)
        for each in found
        if each.status in (fields.SnapshotStatus.CREATING, _UNMANAGING)
    ]


def states(host: str, cluster: str | None) -> list[VolumeState]:
    """Return a service's volumes that lie on a share.

    :param host: the service's host, such as ``node@nfs``
    :param cluster: the service's cluster, if it is in one
    """
    mine = database.of_service(host, cluster)
    volumes = objects.VolumeList.get_all(cinder_context.get_admin_context(), filters=mine)
    return [database.volume_state(each.id) for each in volumes if each.provider_location]
