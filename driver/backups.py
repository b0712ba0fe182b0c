# SPDX-License-Identifier: Apache-2.0
"""What a backup is in Cinder's database: its temporary copy of a volume, how it is given up.

Main functions: :func:`add_copy`, :func:`given_up_on_failure`, :func:`settle`, and of restorations
:func:`is_being_restored`. Cinder only casts its request for something to read: nobody but the
driver would tell of a failure, and backup and volume would stay as they are for ever. What is
copied is left to :mod:`driver.copying`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from cinder import context as cinder_context
from cinder import exception, objects
from cinder.objects import fields
from cinder.volume import volume_utils
from oslo_log import log as logging

from driver import database, settling
from driver.peers import Peers

LOG = logging.getLogger(__name__)

_BACKING_UP = 'backing-up'

Remove = Callable[[str | None, str], None]


def source(backup: Any) -> Any:
    """Return the volume that a backup is of."""
    return database.volume_object(backup.volume_id)


def is_being_restored(volume_id: str) -> bool:
    """Tell whether cinder-backup restores a backup to a volume: it says so until all is done."""
    return bool(_restored_to(volume_id))


def restored_is_encrypted(volume_id: str) -> bool | None:
    """Tell whether the backup that is being restored to a volume is of an encrypted one.

    :return: None if no backup is being restored to it, or nobody knows any more
    """
    # Of several, all but one were given up.
    known = {_is_encrypted(backup) for backup in _restored_to(volume_id)}
    return known.pop() if len(known) == 1 else None


def give_up_creation(volume_id: str) -> bool:
    """Have a volume that is ``creating`` be in ``error``; returns whether it was that.

    A cinder-backup that starts gives up what it was restoring, but for a volume that is made of
    the backup (``cinder/backup/manager.py``, ``_cleanup_one_volume``).
    """
    volume = database.volume_object(volume_id)
    return bool(
        volume.update_single_status_where(fields.VolumeStatus.ERROR, fields.VolumeStatus.CREATING)
    )


def _restored_to(volume_id: str) -> list[Any]:
    wanted = {'status': fields.BackupStatus.RESTORING, 'restore_volume_id': volume_id}
    return list(objects.BackupList.get_all(cinder_context.get_admin_context(), filters=wanted))


def _is_encrypted(backup: Any) -> bool | None:
    if backup.encryption_key_id is not None:
        return True
    # Older releases of Cinder did not keep the key with the backup.
    admin = cinder_context.get_admin_context(read_deleted='yes')
    try:
        original = objects.Volume.get_by_id(admin, backup.volume_id)
    except exception.VolumeNotFound:
        return None
    return original.encryption_key_id is not None


def add_copy(backup: Any, peers: Peers) -> Any:
    """Give the temporary copy that cinder-backup is to read its row; returns the volume.

    The backup names it before there is a file: whoever cleans up after the backup finds it. It
    names no key, though it may be encrypted: with the volume Cinder's API deletes the key.
    """
    original = source(backup)
    volume = objects.Volume(
        original._context,
        size=original.size,
        display_name=f'backup-vol-{original.id}',
        host=peers.home(original.host),
        cluster_name=original.cluster_name,
        user_id=backup.user_id,
        project_id=backup.project_id,
        status=_BACKING_UP,
        attach_status=fields.VolumeAttachStatus.DETACHED,
        availability_zone=original.availability_zone,
        volume_type_id=original.volume_type_id,
        use_quota=False,
    )
    volume.create()
    backup.temp_volume_id = volume.id
    backup.save()
    return volume


@contextlib.contextmanager
def given_up_on_failure(backup: Any, remove: Remove) -> Iterator[None]:
    """Give a backup up if the block, which prepares what is to be read, fails.

    :param remove: removes a volume's files, by its share, None if it has none, and its name
    """
    try:
        yield
    except Exception as error:
        # Its owner reads that, who has no business with paths and commands.
        reason = f'cinder-volume could not prepare the data ({type(error).__name__}): see its log.'
        _give_up(backup, reason, remove)
        raise


def settle(
    host: str,
    cluster: str | None,
    try_lock: settling.TryLock,
    remove: Remove,
) -> None:
    """Settle what backups have left at the start of a service: copies that nobody will read.

    A copy that was not complete comes to an end with its backup; one that no backup names any
    more was about to be deleted.

    :param host: the service's host, such as ``node@nfs``
    :param cluster: the service's cluster, if it is in one
    :param remove: removes a volume's files, by its share, None if it has none, and its name
    """
    mine = database.of_service(host, cluster)
    admin = cinder_context.get_admin_context()
    copies = objects.VolumeList.get_all(
        admin, filters={**mine, 'status': _BACKING_UP, 'use_quota': False}
    )
    found = {copy.id: copy for copy in copies}
    settling.each(found, try_lock, lambda volume_id: _settle(found[volume_id], remove))


def _settle(copy: Any, remove: Remove) -> None:
    backup = _reader(copy)
    if backup is None:
        LOG.warning('Volume %s was copied for a backup that has ended: removing it.', copy.id)
        _remove(copy, remove)
    elif 'format' not in copy.admin_metadata:  # recorded once the copy is complete
        reason = 'cinder-volume was interrupted while it prepared the backup. Make another one.'
        LOG.warning('Backup %s: %s', backup.id, reason)
        _give_up(backup, reason, remove)


def _reader(copy: Any) -> Any:
    """Return the backup that is being made of a copy, None if there is none."""
    making = {'status': fields.BackupStatus.CREATING, 'temp_volume_id': copy.id}
    return next(iter(objects.BackupList.get_all(copy._context, filters=making)), None)


def _give_up(backup: Any, reason: str, remove: Remove) -> None:
    """Declare a backup to have failed, and what it is of to be as it was before."""
    if backup.snapshot_id is None:
        _give_back_volume(source(backup))
    else:
        _give_back_snapshot(backup.snapshot_id)
    volume_utils.update_backup_error(backup, reason)
    if backup.temp_volume_id is not None:
        _remove(database.volume_object(backup.temp_volume_id), remove)
        backup.temp_volume_id = None
        backup.save()


def _give_back_volume(volume: Any) -> None:
    if volume.status == _BACKING_UP:
        volume.status = volume.previous_status
        volume.previous_status = 'error_backing-up'
        volume.save()


def _give_back_snapshot(snapshot_id: str) -> None:
    admin = cinder_context.get_admin_context()
    with contextlib.suppress(exception.SnapshotNotFound):
        snapshot = objects.Snapshot.get_by_id(admin, snapshot_id)
        if snapshot.status == fields.SnapshotStatus.BACKING_UP:
            snapshot.status = fields.SnapshotStatus.AVAILABLE
            snapshot.save()


def _remove(copy: Any, remove: Remove) -> None:
    """Remove a copy's files and its row; if the files stay, the row does, for users to delete."""
    try:
        remove(copy.provider_location, copy.name)
    except Exception:
        LOG.exception('Volume %s, copied for a backup, could not be removed. Delete it.', copy.id)
        copy.status = 'error_deleting'
        copy.save()
    else:
        copy.destroy()
