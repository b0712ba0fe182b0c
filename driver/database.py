# SPDX-License-Identifier: Apache-2.0
"""What Cinder's database knows of a volume and its snapshots, as values, and what the driver
changes there: formats, a snapshot's progress, where an attachment leads.

Main class: :class:`VolumeState`. Cinder's untyped objects go no further than this module and
:mod:`driver.remotefs`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Collection
from typing import Any

from cinder import context as cinder_context
from cinder import exception, objects
from cinder.compute import nova as cinder_nova
from cinder.db import api as db
from cinder.objects import fields
from oslo_utils import units

from driver import exceptions, sessions
from driver.extension import Extension
from driver.layout import Format
from driver.migration_note import Migration
from nova_assist import client

# Keys in a volume's admin_metadata, as the in-tree driver has them: the active file's format,
# and the one that the volume has once its last snapshot is deleted while it is detached.
_FORMAT = 'format'
_BASE_FORMAT = 'base_format'

_NO_PROGRESS = '0%'


@dataclasses.dataclass(frozen=True)
class VolumeState:
    """A volume as the database has it now.

    :ivar name: the name of its base file
    :ivar size: bytes; while an extension has an uncertain end, what it had before
    :ivar share: the export that it lies on
    :ivar attached: whether a guest may have it open
    :ivar active_format: format of the active file as recorded, None if never recorded
    :ivar base_format: format to return to, None if never recorded
    :ivar attached_files: the files that its attachments name
    :ivar servers: ids of the servers that it is attached to
    :ivar attachments: ids of its attachments, of those too that are only about to be one
    :ivar extension: one that Nova may have carried out, or may still
    :ivar encrypted: whether its file holds a LUKS header and what only its key makes data of
    """

    id: str
    name: str
    size: int
    share: str
    status: str
    attached: bool
    active_format: Format | None
    base_format: Format | None
    attached_files: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    extension: Extension | None = None
    encrypted: bool = False

    @property
    def largest(self) -> int:
        """The size in bytes that no file of it may exceed."""
        return max(self.size, self.extension.after) if self.extension else self.size


def volume_state(volume_id: str) -> VolumeState:
    """Read a volume afresh: the object that came with a request may be older than the lock."""
    volume = volume_object(volume_id)
    metadata = volume.admin_metadata
    size = volume.size * units.Gi
    extension = Extension.parse(metadata, size, volume.id)
    migration = Migration.parse(metadata, volume.id)
    if migration and migration.target.name == volume.name:
        metadata = {**metadata, **formats(migration.format, migration.format)}
    return VolumeState(
        id=volume.id,
        name=volume.name,
        size=extension.before if extension else size,
        share=volume.provider_location,
        status=volume.status,
        attached=is_attached(volume),
        active_format=_format(volume.id, metadata.get(_FORMAT)),
        base_format=_format(volume.id, metadata.get(_BASE_FORMAT)),
        attached_files=tuple(
            info['name']
            for info in (each.connection_info for each in volume.volume_attachment)
            if info and 'name' in info
        ),
        servers=tuple(
            each.instance_uuid for each in volume.volume_attachment if each.instance_uuid
        ),
        attachments=tuple(each.id for each in volume.volume_attachment),
        extension=extension,
        encrypted=volume.encryption_key_id is not None,
    )


def volume_object(volume_id: str) -> Any:
    """Read Cinder's own object of a volume afresh, for modules that work on Cinder's database."""
    return objects.Volume.get_by_id(cinder_context.get_admin_context(), volume_id)


def is_attached(volume: Any) -> bool:
    """Tell of Cinder's object of a volume whether a guest may have it open."""
    return bool(volume.attach_status == fields.VolumeAttachStatus.ATTACHED)


def of_service(host: str, cluster: str | None) -> dict[str, str]:
    """Return what Cinder's queries take for the volumes and snapshots of a service.

    :param host: the service's host, such as ``node@nfs``
    :param cluster: its cluster, if it is in one; what another service of that does counts too
    """
    return {'cluster_name': cluster} if cluster else {'host': host}


def formats(active: Format | None, base: Format | None) -> dict[str, str]:
    """Return what the admin metadata keeps of the formats of a volume's active file and base."""
    found = {_FORMAT: active, _BASE_FORMAT: base}
    return {key: value.value for key, value in found.items() if value is not None}


def save_formats(volume_id: str, active: Format, base: Format) -> None:
    """Record the formats of a volume's active file and of its base."""
    admin = cinder_context.get_admin_context()
    known = db.volume_admin_metadata_get(admin, volume_id)
    wanted = formats(active, base)
    if {key: known.get(key) for key in wanted} != wanted:
        db.volume_admin_metadata_update(admin, volume_id, wanted, False)


def point_attachments_to(volume_id: str, name: str, image_format: Format) -> None:
    """Make each attachment's connection info lead to another file of the volume.

    Nova reads it again after an online snapshot, and opens that file at the guest's next start
    (bugs 1860913, 1989514).
    """
    admin = cinder_context.get_admin_context()
    leads_to = {'name': name, 'format': image_format.value}
    # By Cinder's objects it would be the volume as well, with its type and all metadata.
    for attachment in db.volume_attachment_get_all_by_volume_id(admin, volume_id):
        if attachment.connection_info:
            found = {**json.loads(attachment.connection_info), **leads_to}
            changed = {'connection_info': json.dumps(found)}
            db.volume_attachment_update(admin, attachment.id, changed)


def snapshot_statuses(snapshot_ids: Collection[str]) -> dict[str, client.Status]:
    """Read the status and progress of snapshots, and whether their volumes are attached.

    It is one query: many wait for Nova at once, and look often.

    :return: by snapshot; those that are gone are missing
    """
    snapshot, volume = objects.Snapshot.model, objects.Volume.model
    with sessions.reading() as session:
        found = (
            session.query(snapshot.id, snapshot.status, snapshot.progress, volume.attach_status)
            .join(volume, volume.id == snapshot.volume_id)
            .filter(snapshot.id.in_(snapshot_ids), snapshot.deleted.is_(False))
        )
        attached = fields.VolumeAttachStatus.ATTACHED
        return {
            str(snapshot_id): client.Status(str(status), str(progress), attach_status == attached)
            for snapshot_id, status, progress, attach_status in found
        }


def settle_creation(snapshot_id: str, taken: bool) -> None:
    """Give a snapshot whose creation was interrupted the status that its files deserve.

    One that somebody deletes, has deleted, or has given another status, is left alone.

    :param taken: the snapshot is on the share; what Cinder's volume manager does for one that was
        created is done here, since it has died or has been told of a failure
    """
    try:
        snapshot = _snapshot(snapshot_id)
    except exception.SnapshotNotFound:
        return
    if snapshot.status not in (fields.SnapshotStatus.CREATING, fields.SnapshotStatus.ERROR):
        return
    if not taken:
        snapshot.status = fields.SnapshotStatus.ERROR
        snapshot.save()
        return
    admin = snapshot._context
    if volume_object(snapshot.volume_id).bootable:
        with contextlib.suppress(exception.GlanceMetadataNotFound):
            db.volume_glance_metadata_copy_to_snapshot(admin, snapshot.id, snapshot.volume_id)
    snapshot.status = fields.SnapshotStatus.AVAILABLE
    snapshot.progress = '100%'
    snapshot.save()


def reset_progress(snapshot_id: str, status: str) -> None:
    """Forget the progress that an earlier attempt, or anybody else, has left.

    :param status: what Cinder accepts Nova's report for; a deletion that was asked for before
        this service has started is not found in it, see
        :func:`driver.startup_rows.give_up_deletions`
    """
    admin = cinder_context.get_admin_context()
    db.snapshot_update(admin, snapshot_id, {'progress': _NO_PROGRESS, 'status': status})


def add_temporary_snapshot(source_id: str, made_id: str, purpose: str) -> str:
    """Give a snapshot that lasts only while a volume is copied its row; returns its id.

    Nova reports on a snapshot by Cinder's API, so there has to be one. Whenever this service dies
    the row is left ``available`` or ``error``, or becomes ``error`` at the next start, and the
    snapshot can be deleted as any other; only a deletion under way leaves ``deleting``, as any
    other does.

    :param made_id: the volume or image that is to be made of it
    :param purpose: what that is good for, as ``copy it to …``
    """
    source = volume_object(source_id)
    snapshot = objects.Snapshot(
        cinder_context.get_admin_context(),
        volume_id=source.id,
        user_id=source.user_id,
        project_id=source.project_id,
        volume_size=source.size,
        volume_type_id=source.volume_type_id,
        status=fields.SnapshotStatus.ERROR,
        progress=_NO_PROGRESS,
        display_name=f'tmp-snap-{made_id}',
        display_description=f'Taken of an attached volume to {purpose}; delete it if that has '
        f'ended.',
        use_quota=False,
        metadata={},
    )
    snapshot.create()
    snapshot.status = fields.SnapshotStatus.CREATING
    # Cinder makes an error of what is on this list and still "creating" at its next start.
    snapshot.set_worker()
    snapshot.save()
    return str(snapshot.id)


def set_snapshot_status(snapshot_id: str, status: str) -> None:
    """Change a snapshot's status."""
    snapshot = _snapshot(snapshot_id)
    if snapshot.is_cleanable():
        snapshot.set_worker()
    snapshot.status = status
    snapshot.save()
    snapshot.unset_worker()


def forget_snapshot(snapshot_id: str) -> None:
    """Remove a snapshot's row."""
    _snapshot(snapshot_id).destroy()


def nova(context: Any, timeout: float) -> client.AssistedSnapshots:
    """Return Nova's API for assisted snapshots, see :func:`novaclient`."""
    return client.AssistedSnapshots(novaclient(context, timeout))


def novaclient(context: Any, timeout: float, version: str | None = None) -> Any:
    """Return a client of Nova under the identity of the ``[nova]`` section of cinder.conf.

    :param context: the context of the request that this is for
    :param timeout: seconds that Nova may take to answer, unless that section has a ``timeout``
    :param version: the microversion, by default Cinder's
    """
    api = cinder_nova.novaclient(context, privileged_user=True, api_version=version)
    session = api.client.session
    if session.timeout is None:
        session.timeout = timeout
    return api


def _snapshot(snapshot_id: str) -> Any:
    return objects.Snapshot.get_by_id(cinder_context.get_admin_context(), snapshot_id)


def _format(volume_id: str, value: str | None) -> Format | None:
    try:
        return None if value is None else Format(value)
    except ValueError as error:
        raise exceptions.StateError(
            f'The admin metadata of volume {volume_id} has the format {value!r}, which is neither '
            f'raw nor qcow2.'
        ) from error
