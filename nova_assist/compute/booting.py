# SPDX-License-Identifier: Apache-2.0
"""The volumes that a server is made with, its root disk for one.

Main class: :class:`Booting`. The order of calls to Cinder is Nova's: existing volumes are
reserved before the request is answered, others are made when the server is built, and all are
connected before it starts. Reading requests is left to
:mod:`nova_assist.compute.api.block_devices`.
"""

from __future__ import annotations

import dataclasses
import enum
import logging
from collections.abc import Sequence

from nova_assist.compute import errors
from nova_assist.compute.attachments import ROOT_DEVICE, Attachments
from nova_assist.compute.cinder import Cinder, Volume
from nova_assist.compute.model import Server
from nova_assist.compute.waiting import PATIENCE, look_until

LOG = logging.getLogger(__name__)


class Source(str, enum.Enum):
    """What a volume is there of, or is made of."""

    VOLUME = 'volume'
    SNAPSHOT = 'snapshot'
    IMAGE = 'image'
    BLANK = 'blank'


@dataclasses.dataclass(frozen=True)
class BootVolume:
    """A volume to make a server with; *size* in GiB."""

    source: Source
    uuid: str | None
    size: int | None
    root: bool
    delete_with_server: bool
    tag: str | None = None
    volume_type: str | None = None


class Booting:
    """Checks, reserves, makes and connects the volumes of new servers."""

    def __init__(self, cinder: Cinder, attachments: Attachments) -> None:
        self._cinder = cinder
        self._attachments = attachments

    async def root_image(self, volumes: Sequence[BootVolume], token: str) -> str:
        """Check that there is what the volumes are, or are made of.

        :returns: the image that the root disk was made of, if it is a volume made of one.
        :raises BadRequest: something isn't there, or can't be booted.
        :raises CinderError: Cinder doesn't say.
        """
        found = ''
        for each in volumes:
            origin = await self._origin(each, token)
            if each.root and origin is not None:
                if not origin.bootable:
                    raise errors.BadRequest(f'Block Device {each.uuid} is not bootable.')
                found = origin.image_id
            elif each.root:
                found = each.uuid or ''
        return found

    async def reserve(self, server: Server, volumes: Sequence[BootVolume], token: str) -> None:
        """Reserve the volumes that are there already; all of them, or none.

        :raises CinderError: Cinder refused one.
        """
        for each in volumes:
            if each.source is Source.VOLUME and each.uuid is not None:
                try:
                    await self._take(server, each, each.uuid, token)
                except errors.CinderError:
                    await self._attachments.give_back(server, token)
                    raise

    async def connect(self, server: Server, volumes: Sequence[BootVolume], token: str) -> None:
        """Make the volumes that aren't there yet, and connect all of them.

        :raises ComputeError: Cinder refused, or a volume couldn't be made.
        """
        for each in volumes:
            if each.source is not Source.VOLUME:
                await self._make(server, each, token)
        await self._attachments.connect_all(server, token)

    async def _origin(self, each: BootVolume, token: str) -> Volume | None:
        """Return the volume that it is, or is made of a snapshot of."""
        if each.source not in (Source.VOLUME, Source.SNAPSHOT) or each.uuid is None:
            return None
        try:
            volume_id = each.uuid
            if each.source is Source.SNAPSHOT:
                volume_id = (await self._cinder.snapshot(token, each.uuid)).volume_id
            return await self._cinder.volume(token, volume_id)
        except errors.CinderError as error:
            if error.code != 404:
                raise
            raise errors.BadRequest(
                f'Block Device Mapping is Invalid: failed to get {each.source.value} {each.uuid}.'
            ) from error

    async def _take(self, server: Server, each: BootVolume, volume_id: str, token: str) -> None:
        device = ROOT_DEVICE if each.root else None
        await self._attachments.reserve(
            server, volume_id, token, each.tag, each.delete_with_server, device
        )

    async def _make(self, server: Server, each: BootVolume, token: str) -> None:
        """Make a volume and reserve it; one that the server can't have goes with it, if told."""
        volume_id = await self._begin_to_make(each, token)
        try:
            await self._await_made(volume_id, token)
            await self._take(server, each, volume_id, token)
        except errors.ComputeError:
            if each.delete_with_server:
                await self._remove(volume_id, token)
            raise

    async def _begin_to_make(self, each: BootVolume, token: str) -> str:
        of_snapshot, size = each.source is Source.SNAPSHOT, each.size
        if size is None and each.uuid is not None:
            size = (await self._cinder.snapshot(token, each.uuid)).size
        return await self._cinder.create_volume(
            token,
            size or 0,
            snapshot_id=each.uuid if of_snapshot else None,
            image_id=each.uuid if each.source is Source.IMAGE else None,
            volume_type=each.volume_type,
        )

    async def _await_made(self, volume_id: str, token: str) -> None:
        async def look() -> str:
            return (await self._cinder.volume(token, volume_id)).status

        status = await look_until(look, lambda seen: seen in ('available', 'error'))
        if status != 'available':
            raise errors.DiskError(
                f'volume {volume_id}, made for a server to boot, is {status} after at most '
                f'{PATIENCE:.0f} s, expected available'
            )

    async def _remove(self, volume_id: str, token: str) -> None:
        """Delete a volume that no server has."""
        try:
            await self._cinder.delete_volume(token, volume_id)
        except errors.CinderError as error:
            LOG.warning('A volume that was made for a server to boot stays: %s', error)
