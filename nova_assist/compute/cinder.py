# SPDX-License-Identifier: Apache-2.0
"""The calls that Nova makes to Cinder, as the user whose request led to them.

Main class: :class:`Cinder`, over python-cinderclient. Each call runs in a thread, and what comes
back is parsed here. When to call is left to :mod:`nova_assist.compute.attachments` and
:mod:`nova_assist.compute.assisted`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import socket
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from cinderclient import client as cinder_client
from cinderclient import exceptions as cinder_exceptions
from keystoneauth1 import exceptions as auth_exceptions

from nova_assist.compute import errors
from nova_assist.compute.credentials import Credentials
from nova_assist.compute.model import ConnectionInfo, ImageFormat

#: The first with ``os-complete`` for attachments, which Nova uses too.
MICROVERSION = '3.44'
#: Nova reports this progress with each status; to Cinder it means "done".
DONE_PROGRESS = '90%'

T = TypeVar('T')


@dataclasses.dataclass(frozen=True)
class Volume:
    """What the service needs to know of a volume; ``size`` in GiB.

    ``image_id`` is the image that it was made of, or empty.
    """

    id: str
    size: int
    status: str
    multiattach: bool
    bootable: bool
    image_id: str


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """What the service needs to know of a snapshot; ``size`` in GiB."""

    volume_id: str
    size: int


class Cinder:
    """Cinder's API at *url*, which ends in ``/v3``."""

    def __init__(self, url: str, credentials: Credentials) -> None:
        self._url = url
        self._credentials = credentials

    async def own_token(self, project: str) -> str:
        """Return a token of our own, where the one of the user of a project is gone.

        :raises CinderError: Keystone doesn't give us one.
        """
        try:
            return await asyncio.to_thread(self._credentials.own_token, project)
        except auth_exceptions.ClientException as error:
            raise errors.CinderError('getting a token of our own', error, None) from error

    async def volume(self, token: str, volume_id: str) -> Volume:
        """Return a volume.

        :raises CinderError: its ``code`` is 404 if there is no such volume.
        """

        def show(client: Any) -> Volume:
            found = client.volumes.get(volume_id)
            return Volume(
                found.id,
                found.size,
                found.status,
                bool(found.multiattach),
                bootable=found.bootable == 'true',
                image_id=getattr(found, 'volume_image_metadata', {}).get('image_id', ''),
            )

        return await self._call(token, f'showing volume {volume_id}', show)

    async def create_volume(
        self,
        token: str,
        size: int,
        *,
        snapshot_id: str | None,
        image_id: str | None,
        volume_type: str | None,
    ) -> str:
        """Begin to make a volume of a snapshot, of an image or of nothing.

        :returns: its id.
        :raises CinderError: Cinder refused.
        """

        def create(client: Any) -> str:
            made = client.volumes.create(
                size, snapshot_id=snapshot_id, imageRef=image_id, volume_type=volume_type
            )
            return str(made.id)

        return await self._call(token, f'making a volume of {size} GiB', create)

    async def delete_volume(self, token: str, volume_id: str) -> None:
        """Delete a volume.

        :raises CinderError: Cinder refused.
        """
        await self._call(
            token, f'deleting volume {volume_id}', lambda client: client.volumes.delete(volume_id)
        )

    async def reserve(self, token: str, volume_id: str, server_id: str) -> str:
        """Reserve a volume for a server: make an attachment without a connector.

        :returns: the attachment's id.
        :raises CinderError: the volume can't be attached.
        """
        made = await self._call(
            token,
            f'reserving volume {volume_id} for server {server_id}',
            lambda client: client.attachments.create(volume_id, None, server_id),
        )
        return str(made['id'])

    async def connect(self, token: str, attachment_id: str, device: str) -> ConnectionInfo:
        """Tell Cinder where the volume is used, and learn where the volume is.

        :raises CinderError: Cinder refused, or answered with a connection that isn't a file on a
            share.
        """
        connector = {
            'host': socket.gethostname(),
            'ip': '127.0.0.1',
            'platform': 'x86_64',
            'os_type': 'linux',
            'multipath': False,
            'mountpoint': device,
        }
        return await self._call(
            token,
            f'connecting attachment {attachment_id}',
            lambda client: _connection(client.attachments.update(attachment_id, connector)),
        )

    async def connection(self, token: str, attachment_id: str) -> ConnectionInfo:
        """Return where an attached volume is now.

        :raises CinderError: as :meth:`connect`.
        """
        return await self._call(
            token,
            f'showing attachment {attachment_id}',
            lambda client: _connection(client.attachments.show(attachment_id)),
        )

    async def complete(self, token: str, attachment_id: str) -> None:
        """Tell Cinder that the server has the volume.

        :raises CinderError: Cinder refused.
        """
        await self._call(
            token,
            f'completing attachment {attachment_id}',
            lambda client: client.attachments.complete(attachment_id),
        )

    async def disconnect(self, token: str, attachment_id: str) -> None:
        """Delete an attachment; no news if it is gone already.

        :raises CinderError: Cinder refused.
        """
        try:
            await self._call(
                token,
                f'deleting attachment {attachment_id}',
                lambda client: client.attachments.delete(attachment_id),
            )
        except errors.CinderError as error:
            if error.code != 404:
                raise

    async def begin_detaching(self, token: str, volume_id: str) -> None:
        """Claim the right to detach a volume.

        :raises CinderError: the volume's status doesn't allow it.
        """
        await self._call(
            token,
            f'starting to detach volume {volume_id}',
            lambda client: client.volumes.begin_detaching(volume_id),
        )

    async def roll_detaching(self, token: str, volume_id: str) -> None:
        """Give the right to detach a volume back.

        :raises CinderError: Cinder refused.
        """
        await self._call(
            token,
            f'giving up to detach volume {volume_id}',
            lambda client: client.volumes.roll_detaching(volume_id),
        )

    async def snapshot(self, token: str, snapshot_id: str) -> Snapshot:
        """Return a snapshot.

        :raises CinderError: its ``code`` is 404 if there is no such snapshot.
        """

        def show(client: Any) -> Snapshot:
            found = client.volume_snapshots.get(snapshot_id)
            return Snapshot(found.volume_id, found.size)

        return await self._call(token, f'showing snapshot {snapshot_id}', show)

    async def snapshot_status(self, token: str, snapshot_id: str) -> str:
        """Return a snapshot's status.

        :raises CinderError: its ``code`` is 404 if there is no such snapshot.
        """
        return await self._call(
            token,
            f'showing snapshot {snapshot_id}',
            lambda client: str(client.volume_snapshots.get(snapshot_id).status),
        )

    async def update_snapshot_status(self, token: str, snapshot_id: str, status: str) -> None:
        """Tell Cinder how far the work for a snapshot has come.

        :raises CinderError: Cinder refused.
        """
        body = {'status': status, 'progress': DONE_PROGRESS}
        await self._call(
            token,
            f'setting snapshot {snapshot_id} to {body}',
            lambda client: client.volume_snapshots.update_snapshot_status(snapshot_id, body),
        )

    async def _call(self, token: str, tried: str, function: Callable[[Any], T]) -> T:
        def call() -> T:
            session = self._credentials.session(self._url, token)
            return function(cinder_client.Client(MICROVERSION, session=session))

        try:
            return await asyncio.to_thread(call)
        except cinder_exceptions.ClientException as error:
            raise errors.CinderError(tried, error, error.code) from error
        except (auth_exceptions.ClientException, ValueError) as error:
            raise errors.CinderError(tried, error, None) from error


def _connection(attachment: Any) -> ConnectionInfo:
    # A v3 attachment has the driver's "data" and what goes with it in one flat mapping.
    info: Mapping[str, Any] = attachment.connection_info or {}
    missing = sorted({'driver_volume_type', 'export', 'name'} - set(info))
    if missing:
        raise ValueError(
            f'the connection info has no {", ".join(missing)} (it has {", ".join(sorted(info))}), '
            'so it is not of a file on a share'
        )
    return ConnectionInfo(
        info['driver_volume_type'],
        info['export'],
        info['name'],
        ImageFormat(info.get('format', 'raw')),
        info.get('options'),
    )
