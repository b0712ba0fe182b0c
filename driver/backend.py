# SPDX-License-Identifier: Apache-2.0
"""What each call of Cinder means for one backend's files, database rows and guests.

Main class: :class:`Backend`. Callers hold the volume's lock. How files change is left to
:mod:`driver.volumes`, :mod:`driver.offline` and :mod:`driver.online`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Any

from oslo_log import log as logging

from driver import access, chain, database, exceptions, offline, online, records, shares, volumes
from driver.chain import Chain
from driver.database import VolumeState
from driver.layout import Format, Layout
from driver.options import Settings
from driver.records import Record

LOG = logging.getLogger(__name__)

# The states in which the in-tree driver (remotefs.py) works on snapshots too.
_CREATE_STATES = ('available', 'in-use', 'backing-up')
_DELETE_STATES = (*_CREATE_STATES, 'deleting', 'downloading')


@dataclasses.dataclass(frozen=True)
class _Opened:
    """A volume whose record and headers have been read and agree."""

    layout: Layout
    record: Record
    chain: Chain


class Backend:
    """One backend: its shares and the volumes on them.

    :param settings: the backend's options
    :param mounted: its shares
    :param maker: makes files with the mode that the options ask for
    """

    def __init__(
        self, settings: Settings, mounted: shares.Shares, maker: access.FileMaker
    ) -> None:
        self._settings = settings
        self._shares = mounted
        self._maker = maker

    @property
    def _format(self) -> Format:
        return Format.QCOW2 if self._settings.qcow2 else Format.RAW

    def layout(self, share: str, name: str) -> Layout:
        """Return where a volume's files lie; mounts the share if need be."""
        return Layout(self._shares.folder(share), name)

    def create_volume(self, volume_id: str, name: str, size: int) -> str:
        """Make an empty volume.

        :param size: bytes
        :return: the share on which it lies
        :raises ShareError: no share has room
        """
        share = self._shares.choose(size)
        layout = self.layout(share, name)
        volumes.create(layout, self._format, size, self._settings.sparse, self._maker)
        database.save_formats(volume_id, self._format, self._format)
        return share

    def create_from_snapshot(
        self, volume_id: str, name: str, size: int, source: VolumeState, snapshot_id: str
    ) -> str:
        """Make a volume with the data of a snapshot, which may be of an attached volume.

        :param size: bytes, at least the snapshot's; the rest reads as zeros
        :return: the share on which it lies
        :raises StateError: the snapshot isn't in the source's record
        """
        opened = self._open(source)
        if snapshot_id not in opened.record.overlays:
            raise exceptions.StateError(
                f'{opened.layout.record} knows no snapshot {snapshot_id}, so nothing was copied.'
            )
        image = chain.snapshot_image(opened.record, opened.chain, snapshot_id)
        share = self._shares.choose(size)
        volumes.copy(
            opened.layout.path(image.name),
            image.format,
            self.layout(share, name),
            self._format,
            size,
            self._settings.sparse,
            self._maker,
        )
        database.save_formats(volume_id, self._format, self._format)
        return share

    def delete_volume(self, share: str, name: str) -> None:
        """Remove a volume's files; a volume that is gone already is fine.

        :raises StateError: it has snapshots
        :raises FileInUse: somebody has it open
        """
        layout = self.layout(share, name)
        volumes.delete(layout, records.load(layout))

    def extend_volume(self, state: VolumeState, size: int) -> None:
        """Grow a detached volume.

        :param size: new size in bytes
        :raises StateError: it is attached
        :raises ShareError: its share has no room
        """
        if state.attached:
            raise exceptions.StateError(
                f'Volume {state.id} is attached and can only be extended detached.'
            )
        opened = self._open(state)
        if not self._shares.fits(self._shares.capacity(state.share), size - state.size):
            raise exceptions.ShareError(
                f'{state.share} has no room to extend volume {state.id} to {size} bytes.'
            )
        volumes.grow(opened.layout, opened.chain.active, size, self._settings.sparse)

    def connection(self, state: VolumeState) -> dict[str, str]:
        """Return the ``data`` of a connection: export, name and format, options where set.

        :raises ImageError: a header is hostile
        :raises ChainError: record and files disagree
        """
        active = self._open(state).chain.active
        data = {'export': state.share, 'name': active.name, 'format': active.format.value}
        options = self._shares.options.get(state.share)
        return {**data, 'options': options} if options else data

    def create_snapshot(self, state: VolumeState, snapshot_id: str, context: Any) -> None:
        """Take a snapshot, through Nova where the volume is attached.

        :param context: of the request
        :raises AssistError: the guest has not switched to the new file
        """
        if not self._settings.snapshots:
            raise exceptions.Unsupported(
                'Snapshots are off: set nfs_snapshot_support = true in cinder.conf.'
            )
        _require(state, _CREATE_STATES, f'take snapshot {snapshot_id}')
        opened = self._open(state)
        layout, record = opened.layout, opened.record
        if state.attached:
            assist = self._assist(state, snapshot_id, context)
            online.create(layout, record, opened.chain, assist, self._maker)
            overlay = layout.overlay(snapshot_id)
            database.point_attachments_to(state.id, overlay, Format.QCOW2)
        else:
            offline.create(layout, record, opened.chain, snapshot_id, self._maker)
        database.save_formats(state.id, Format.QCOW2, opened.chain.base.format)

    def delete_snapshot(self, state: VolumeState, snapshot_id: str, context: Any) -> None:
        """Delete a snapshot, through Nova where the volume is attached.

        A snapshot that isn't in the record was never finished: what is left of it is removed.

        :param context: of the request
        :raises AssistError: the guest's files are not merged
        """
        _require(state, _DELETE_STATES, f'delete snapshot {snapshot_id}')
        opened = self._open(state)
        if snapshot_id not in opened.record.overlays:
            leftover = opened.layout.overlay(snapshot_id)
            if leftover not in opened.chain.names:
                volumes.discard(opened.layout, leftover)
        elif state.attached:
            self._merge_online(state, opened, snapshot_id, context)
        else:
            self._merge_offline(state, opened, snapshot_id)

    def _merge_offline(self, state: VolumeState, opened: _Opened, snapshot_id: str) -> None:
        plan = chain.plan_offline_merge(opened.record, opened.chain, snapshot_id)
        offline.merge(opened.layout, plan, self._maker)
        active = opened.chain.find(plan.record.active) or opened.chain.active
        database.save_formats(state.id, active.format, opened.chain.base.format)

    def _merge_online(
        self, state: VolumeState, opened: _Opened, snapshot_id: str, context: Any
    ) -> None:
        plan = chain.plan_online_merge(opened.record, opened.chain, snapshot_id)
        assist = self._assist(state, snapshot_id, context)
        try:
            online.merge(opened.layout, plan, assist, self._maker)
        except online.NotTaken as refusal:
            # The guest's definition names the active file only: as long as that one stays, and
            # nobody has the files open, a shut-off guest doesn't matter.
            if not plan.spares_active or volumes.in_use(opened.layout, opened.chain.names):
                raise
            LOG.info('%s Nobody has the files open, so they are merged here.', refusal)
            self._merge_offline(state, opened, snapshot_id)
            return
        if plan.frees_base:
            database.save_formats(state.id, Format.QCOW2, Format.QCOW2)

    def _assist(self, state: VolumeState, snapshot_id: str, context: Any) -> online.Assist:
        return online.Assist(
            volume_id=state.id,
            snapshot_id=snapshot_id,
            calls=database.nova(context),
            look=lambda: database.snapshot_status(snapshot_id),
            reset=lambda: database.reset_progress(snapshot_id),
            create_timeout=self._settings.create_timeout,
            delete_timeout=self._settings.delete_timeout,
        )

    def _open(self, state: VolumeState) -> _Opened:
        layout = self.layout(state.share, state.name)
        record = records.load(layout)
        active_format = _active_format(layout, record, state)
        found = volumes.read_chain(layout, record, active_format, state.size)
        return _Opened(layout, record, found)


def _active_format(layout: Layout, record: Record, state: VolumeState) -> Format:
    """Return the format of the active file, from what is recorded and never from its data."""
    if record.active != layout.volume:
        return Format.QCOW2
    recorded = state.base_format or state.active_format
    if recorded is None:
        raise exceptions.StateError(
            f'Cinder has no format on record for volume {state.id}. Add it to the admin metadata '
            f'of the volume: format = raw or qcow2, as the volume was made.'
        )
    return recorded


def _require(state: VolumeState, accepted: Collection[str], what: str) -> None:
    if state.status not in accepted:
        raise exceptions.StateError(
            f'Could not {what} of volume {state.id} while its status is {state.status}: only in '
            f'{", ".join(accepted)}.'
        )
