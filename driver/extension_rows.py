# SPDX-License-Identifier: Apache-2.0
"""Extensions of attached volumes in Cinder's database: the note, the size, the quota.

Main functions: :func:`begin` and :func:`complete`. Nova grows a disk to the size that it reads in
Cinder's API when it gets the event (``nova/compute/manager.py``, ``extend_volume``), so a volume
has its new size there while Nova is at work, and its status is ``extending``.
"""

from __future__ import annotations

import datetime
from typing import Any

from cinder import quota
from cinder.db import api as db
from oslo_config import cfg
from oslo_utils import timeutils, units

from driver import database
from driver.extension import KEYS, Extension
from nova_assist import client

#: The first microversion of Nova's API with the event ``volume-extended``.
_VERSION = '2.51'

# A project's limit does not undo what its guest has already.
_NO_LIMIT = -1


def begin(volume_id: str, extension: Extension) -> None:
    """Note an extension, then have Nova find the new size in Cinder's API."""
    volume = database.volume_object(volume_id)
    # The note is in a transaction of its own, and the first, see Volume.save().
    volume.admin_metadata = {**volume.admin_metadata, **extension.note()}
    volume.size = extension.after // units.Gi
    volume.save()


def withdraw(volume_id: str, extension: Extension) -> None:
    """Have Nova find the old size again; the note stays."""
    volume = database.volume_object(volume_id)
    volume.size = extension.before // units.Gi
    volume.save()


def forget(volume_id: str, size: int) -> None:
    """Record a size in bytes, and drop the note."""
    volume = database.volume_object(volume_id)
    volume.size = size // units.Gi
    volume.save()
    _drop_note(volume)


def complete(volume_id: str, size: int) -> None:
    """Record a size in bytes that Cinder has given up, charge it, and drop the note.

    What Cinder had reserved for the extension it has rolled back, or lets go when it expires.
    """
    volume = database.volume_object(volume_id)
    before = int(volume.admin_metadata[KEYS[0]])
    # As Cinder does: should it count a project's volumes anew here, this one has its old size.
    reservations = _reserve(volume, size // units.Gi - before)
    volume.size = size // units.Gi
    volume.status = _usable(volume)
    volume.save()
    quota.QUOTAS.commit(volume._context, reservations, project_id=volume.project_id)
    _drop_note(volume)


def give_up(volume_id: str) -> bool:
    """Make a volume that is ``extending`` usable again; returns whether it was."""
    volume = database.volume_object(volume_id)
    if volume.status != 'extending':
        return False
    volume.status = _usable(volume)
    volume.save()
    return True


def events(context: Any, timeout: float) -> client.ExternalEvents:
    """Return Nova's API for events, see :func:`driver.database.novaclient`."""
    return client.ExternalEvents(database.novaclient(context, timeout, _VERSION))


def _reserve(volume: Any, gib: int) -> list[str]:
    admin = volume._context
    deltas = {'gigabytes': gib}
    quota.QUOTAS.add_volume_type_opts(admin, deltas, volume.volume_type_id)
    expire = timeutils.utcnow() + datetime.timedelta(seconds=cfg.CONF.reservation_expire)
    reserved: list[str] = db.quota_reserve(
        admin,
        quota.QUOTAS.resources,
        dict.fromkeys(deltas, _NO_LIMIT),
        deltas,
        expire,
        cfg.CONF.until_refresh,
        cfg.CONF.max_age,
        project_id=volume.project_id,
    )
    return reserved


def _drop_note(volume: Any) -> None:
    kept = {key: value for key, value in volume.admin_metadata.items() if key not in KEYS}
    if kept != volume.admin_metadata:
        volume.admin_metadata = kept
        volume.save()


def _usable(volume: Any) -> str:
    """Return the status that a volume has after an extension; another one is left as it is."""
    if volume.status not in ('extending', 'error_extending'):
        return str(volume.status)
    return 'in-use' if database.is_attached(volume) else 'available'
