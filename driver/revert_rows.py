# SPDX-License-Identifier: Apache-2.0
"""What Cinder's database knows of reverts: which have not ended, and how one ends.

Main functions: :func:`unfinished` and :func:`end`. Cinder's API makes the volume ``reverting``,
then the snapshot ``restoring``; its volume manager undoes that in the same order
(``cinder/volume/manager.py``, ``revert_to_snapshot``), and its start looks for neither.
"""

from __future__ import annotations

from typing import Any

from cinder import context as cinder_context
from cinder import objects
from cinder.objects import fields

_REVERTING = 'reverting'


def unfinished(host: str, cluster: str | None) -> frozenset[str]:
    """Return the ids of a service's volumes of which a revert has not ended.

    :param host: the service's host, such as ``node@nfs``
    :param cluster: the service's cluster, if it is in one
    """
    mine = {'cluster_name': cluster} if cluster else {'host': host}
    admin = cinder_context.get_admin_context()
    volumes = objects.VolumeList.get_all(admin, filters={**mine, 'status': _REVERTING})
    # Beside a host, Cinder's query takes a status for the volume's.
    snapshots = _restoring(objects.SnapshotList.get_all(admin, mine))
    return frozenset(
        [*(str(each.id) for each in volumes), *(str(each.volume_id) for each in snapshots)]
    )


def snapshot_of(volume_id: str) -> str | None:
    """Return the id of the snapshot that a volume is being reverted to, if it is to one.

    Of a volume that is ``reverting`` there is none if the request was refused for the snapshot's
    status: Cinder's API leaves the volume like that.
    """
    if _volume(volume_id).status != _REVERTING:
        return None
    return next((str(each.id) for each in _restoring(_snapshots(volume_id))), None)


def end(volume_id: str, status: str) -> None:
    """End a revert as Cinder's volume manager does; what has another status keeps it.

    :param status: of the volume that is ``reverting``; its snapshot becomes ``available``
    """
    _volume(volume_id).update_single_status_where(status, _REVERTING)
    for snapshot in _restoring(_snapshots(volume_id)):
        snapshot.update_single_status_where(
            fields.SnapshotStatus.AVAILABLE, fields.SnapshotStatus.RESTORING
        )


def _restoring(snapshots: Any) -> list[Any]:
    return [each for each in snapshots if each.status == fields.SnapshotStatus.RESTORING]


def _volume(volume_id: str) -> Any:
    return objects.Volume.get_by_id(cinder_context.get_admin_context(), volume_id)


def _snapshots(volume_id: str) -> Any:
    return objects.SnapshotList.get_all_for_volume(cinder_context.get_admin_context(), volume_id)
