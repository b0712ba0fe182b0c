# SPDX-License-Identifier: Apache-2.0
"""What a service that starts asks of Cinder's database about what the last one has left.

Main class: :class:`Unfinished`. One volume is left to :mod:`driver.database`.
"""

from __future__ import annotations

import dataclasses

from cinder import context as cinder_context
from cinder import objects
from cinder.objects import fields

from driver import database, volume_locks


@dataclasses.dataclass(frozen=True)
class Unfinished:
    """Ids of volumes of which something was under way.

    :ivar deletions: those with a snapshot that is being deleted
    :ivar extensions: those that are being extended, or whose extension has failed
    :ivar transfers: those that are being made of an image, or that one is made of
    """

    deletions: frozenset[str]
    extensions: frozenset[str]
    transfers: frozenset[str]


def unfinished(host: str, cluster: str | None) -> Unfinished:
    """Return what a service has left half done, as far as the database shows.

    :param host: the service's host, such as ``node@nfs``
    :param cluster: the service's cluster; what another service of it does counts too
    """
    mine = database.of_service(host, cluster)
    admin = cinder_context.get_admin_context()
    # Beside a host, Cinder's query takes a status for the volume's.
    snapshots = objects.SnapshotList.get_all(admin, mine)

    def of_status(*statuses: str) -> frozenset[str]:
        return frozenset(
            str(each.id)
            for status in statuses
            for each in objects.VolumeList.get_all(admin, filters={**mine, 'status': status})
        )

    return Unfinished(
        deletions=frozenset(
            str(each.volume_id)
            for each in snapshots
            if each.status == fields.SnapshotStatus.DELETING
        ),
        extensions=of_status('extending', 'error_extending'),
        transfers=of_status(fields.VolumeStatus.DOWNLOADING, fields.VolumeStatus.UPLOADING),
    )


def volume_names(host: str, cluster: str | None) -> dict[str, str]:
    """Return the ids of a service's volumes by name.

    :param host: the service's host, such as ``node@nfs``
    :param cluster: the service's cluster, if it is in one
    """
    mine = database.of_service(host, cluster)
    volumes = objects.VolumeList.get_all(cinder_context.get_admin_context(), filters=mine)
    return {str(each.name): str(each.id) for each in volumes}


def give_up_transfer(volume_id: str) -> str | None:
    """End the status of a volume that is ``downloading`` or ``uploading``.

    The one becomes ``error``, the other what a volume is that nothing is under way on. Cinder's
    start does so for volumes on its list of work, on which its volume manager puts none that is
    made anew of an image, or that one is made of (``cinder/volume/manager.py``, ``reimage`` and
    ``copy_volume_to_image``).

    :return: the status that it had, None if it was another one
    """
    volume = database.volume_object(volume_id)
    attached = database.is_attached(volume)
    given_up = {
        fields.VolumeStatus.DOWNLOADING: fields.VolumeStatus.ERROR,
        fields.VolumeStatus.UPLOADING: (
            fields.VolumeStatus.IN_USE if attached else fields.VolumeStatus.AVAILABLE
        ),
    }
    found = volume.status
    if found not in given_up or not volume.update_single_status_where(given_up[found], found):
        return None
    return str(found)


def give_up_deletions(volume_id: str) -> tuple[list[str], list[str]]:
    """Make the snapshots of a volume deletable again that are ``deleting``.

    Left alone are those that a service has yet to delete, or to write that it has.

    :return: the ids of the ones, and of those left alone
    """
    admin = cinder_context.get_admin_context()
    given_up: list[str] = []
    in_hand: list[str] = []
    for snapshot in objects.SnapshotList.get_all_for_volume(admin, volume_id):
        if snapshot.status != fields.SnapshotStatus.DELETING:
            continue
        with volume_locks.try_deletion(snapshot.id) as free:
            if not free:
                in_hand.append(str(snapshot.id))
            elif snapshot.update_single_status_where(
                fields.SnapshotStatus.ERROR, fields.SnapshotStatus.DELETING
            ):
                given_up.append(str(snapshot.id))
    return given_up, in_hand
