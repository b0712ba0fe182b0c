# SPDX-License-Identifier: Apache-2.0
"""A driver that does for an online snapshot only what any driver has to do for which Nova assists.

Main class: :class:`LeastDriver`, which Cinder loads. It keeps no records and no locks, reads no
volume from the database, makes nothing durable and checks nothing. What such a driver needs of
Cinder's process can hardly be less.
"""

from __future__ import annotations

import functools
import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy
from cinder import context, exception, interface
from cinder.compute import nova
from cinder.volume.drivers import nfs
from oslo_config import cfg

from nova_assist import client
from nova_assist.bench import commands

#: Seconds that Nova may take.
_PATIENCE_SECONDS = 300.0

_QUESTION = 'SELECT status, progress FROM snapshots WHERE id = ?'


@interface.volumedriver
class LeastDriver(nfs.NfsDriver):  # type: ignore[misc]
    """Cinder's own driver for all but snapshots, of which an attached volume has one at a time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: The active file by volume, where it isn't the base.
        self._active: dict[str, Path] = {}
        #: What overlays hold, and the name in it of what they back on, by its length and the GiB.
        self._models: dict[tuple[int, int], tuple[bytes, bytes]] = {}

    def create_snapshot(self, snapshot: Any) -> None:
        """Make an overlay, and have Nova make the guest switch to it."""
        active = self._active_file(snapshot)
        overlay = active.with_name(f'{snapshot.volume_name}.{snapshot.id}')
        overlay.write_bytes(self._overlay_on(active, snapshot.volume_size))
        self._assist.create(client.CreateRequest(snapshot.volume_id, snapshot.id, overlay.name))
        self._await_report(snapshot, 'creating')

    def delete_snapshot(self, snapshot: Any) -> None:
        """Have Nova make the guest merge what its active file backs on into that."""
        removed = self._active_file(snapshot)
        self._assist.delete(client.DeleteRequest(snapshot.volume_id, snapshot.id, None, None))
        self._await_report(snapshot, 'deleting')
        removed.unlink()
        self._active[snapshot.volume_id] = removed.with_name(
            f'{snapshot.volume_name}.{snapshot.id}'
        )

    def _active_file(self, snapshot: Any) -> Path:
        """Return the active file of a volume, as it was before its snapshot."""
        share = Path(self._get_mount_point_for_share(self._mounted_shares[0]))
        base = share / str(snapshot.volume_name)
        return self._active.get(snapshot.volume_id, base)

    def _overlay_on(self, backing: Path, gib: int) -> bytes:
        """Return what an overlay holds; ``qemu-img`` is only asked for the first of its kind."""
        name = backing.name.encode()
        kind = len(name), gib
        if kind not in self._models:
            model = backing.with_name(f'{backing.name}.model')
            backed = ('-u', '-b', backing.name, '-F', 'qcow2' if backing.suffix else 'raw')
            words = ('-q', '-f', 'qcow2', *backed, model.name, f'{gib}G')
            commands.qemu('qemu-img', 'create', *words, folder=model.parent)
            self._models[kind] = name, model.read_bytes()
            model.unlink()
        named, content = self._models[kind]
        return content.replace(named, name)

    @functools.cached_property
    def _assist(self) -> client.AssistedSnapshots:
        admin = context.get_admin_context()
        return client.AssistedSnapshots(nova.novaclient(admin, privileged_user=True))

    @functools.cached_property
    def _database(self) -> sqlite3.Connection:
        path = sqlalchemy.make_url(cfg.CONF.database.connection).database
        return sqlite3.connect(str(path), timeout=60, check_same_thread=False)

    def _await_report(self, snapshot: Any, under_way: str) -> None:
        def look() -> client.Status:
            found = self._database.execute(_QUESTION, [snapshot.id]).fetchone()
            return client.Status(*(found or ('gone', '')))

        answer = client.await_answer(look, under_way, _PATIENCE_SECONDS)
        if answer is not client.Answer.CLAIMED:
            raise exception.VolumeDriverException(f'Snapshot {snapshot.id}: {answer.value}')
