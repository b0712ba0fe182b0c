# SPDX-License-Identifier: Apache-2.0
"""Assisted volume snapshots carried out: switch or merge, call Cinder back, wait, refresh.

Main class: :class:`AssistedSnapshots`. The steps and their order are those of nova-compute with
libvirt (``nova/virt/libvirt/driver.py``, ``volume_snapshot_create`` and
``volume_snapshot_delete``). Checking requests is left to :mod:`nova_assist.compute.api.assisted`.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
from collections.abc import AsyncIterator

from nova_assist.compute import errors
from nova_assist.compute.attachments import Attachments
from nova_assist.compute.cinder import Cinder
from nova_assist.compute.guest import Guest
from nova_assist.compute.model import DiskSource, Server
from nova_assist.compute.store import ServerStore

LOG = logging.getLogger(__name__)
#: Nova looks at the snapshot this often, in seconds, without limit.
POLL_SECONDS = 0.5


@dataclasses.dataclass(frozen=True)
class CreateRequest:
    """Make *new_file*, which Cinder put beside the active file, the active file."""

    volume_id: str
    snapshot_id: str
    new_file: str


@dataclasses.dataclass(frozen=True)
class DeleteRequest:
    """Merge *file_to_merge* into *merge_target_file*, or into the active file if that is None."""

    volume_id: str
    snapshot_id: str
    type: str | None
    file_to_merge: str | None
    merge_target_file: str | None


class AssistedSnapshots:
    """Carries out requests that were accepted; what happens is told to Cinder and to the log."""

    def __init__(self, store: ServerStore, cinder: Cinder, attachments: Attachments) -> None:
        self._store = store
        self._cinder = cinder
        self._attachments = attachments

    async def create(
        self, server: Server, guest: Guest, request: CreateRequest, token: str
    ) -> None:
        """Switch a disk to its overlay.

        :raises GuestNotFound: the server is gone; as with Nova nobody is told.
        :raises ComputeError: it failed, which Cinder has been told, or Cinder couldn't be asked.
        """
        self._require_guest(server)
        async with self._reporting(token, request.snapshot_id, done='creating', failed='error'):
            await self._switch(server, guest, request)
        await self._refresh_created(server, request, token)

    async def delete(
        self, server: Server, guest: Guest, request: DeleteRequest, token: str
    ) -> None:
        """Merge a file away.

        :raises GuestNotFound: the server is gone; as with Nova nobody is told.
        :raises ComputeError: it failed, which Cinder has been told, or Cinder couldn't be asked.
        """
        self._require_guest(server)
        async with self._reporting(
            token, request.snapshot_id, done='deleting', failed='error_deleting'
        ):
            await self._merge(server, guest, request)
        await self._attachments.refresh(server, request.volume_id, token)

    def _require_guest(self, server: Server) -> None:
        if self._store.get(server.id) is not server:
            raise errors.GuestNotFound(f'server {server.id} was deleted meanwhile')

    async def _refresh_created(self, server: Server, request: CreateRequest, token: str) -> None:
        while await self._cinder.snapshot_status(token, request.snapshot_id) == 'creating':
            await asyncio.sleep(POLL_SECONDS)
        await self._attachments.refresh(server, request.volume_id, token)

    async def _switch(self, server: Server, guest: Guest, request: CreateRequest) -> None:
        attachment = self._attachments.require(server, request.volume_id)
        source = _defined(attachment.source, request.volume_id)
        attachment.source = await guest.snapshot(request.volume_id, source, request.new_file)
        self._store.save(server)

    async def _merge(self, server: Server, guest: Guest, request: DeleteRequest) -> None:
        if request.type != 'qcow2':
            raise errors.DiskError(f'delete_info has type {request.type}, expected qcow2')
        attachment = self._attachments.require(server, request.volume_id)
        source = _defined(attachment.source, request.volume_id)
        if request.merge_target_file is None:
            await guest.pull(request.volume_id, source, request.file_to_merge)
        elif request.file_to_merge is None:
            raise errors.DiskError(
                f'delete_info names no file to merge into {request.merge_target_file}'
            )
        else:
            await guest.commit(request.volume_id, request.file_to_merge, request.merge_target_file)

    @contextlib.asynccontextmanager
    async def _reporting(
        self, token: str, snapshot_id: str, *, done: str, failed: str
    ) -> AsyncIterator[None]:
        """Tell Cinder how the work inside ends; its error goes on."""
        try:
            yield
        except errors.ComputeError:
            await self._report(token, snapshot_id, failed)
            raise
        await self._report(token, snapshot_id, done)

    async def _report(self, token: str, snapshot_id: str, status: str) -> None:
        try:
            await self._cinder.update_snapshot_status(token, snapshot_id, status)
        except errors.CinderError as error:
            LOG.error('Snapshot %s: the call-back failed: %s', snapshot_id, error)


def _defined(source: DiskSource | None, volume_id: str) -> DiskSource:
    if source is None:
        raise errors.DiskError(f'volume {volume_id} is not connected yet')
    return source
