# SPDX-License-Identifier: Apache-2.0
"""The calls that Nova makes to Cinder, as the user whose request led to them.

Main class: :class:`Cinder`. What comes back is parsed here. Attachments are left to
:mod:`nova_assist.compute.cinder_attachments`, how a call is made to
:mod:`nova_assist.compute.cinder_rest`, when to call to :mod:`nova_assist.compute.attachments` and
:mod:`nova_assist.compute.assisted`. Calls, their order and microversions are Nova's
(``nova/volume/cinder.py``), and are compared with those recorded of a real one.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from nova_assist.compute.cinder_attachments import CinderAttachments
from nova_assist.compute.cinder_rest import CinderRest, Version
from nova_assist.compute.credentials import Credentials

#: In which Nova looks at a volume that its host is about to open or to close.
_CONNECTING = Version('3.69', asked_for=True)
#: Nova reports this progress with each status; to Cinder it means "done".
DONE_PROGRESS = '90%'


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
    """Cinder's API at *url*, which ends in ``/v3``.

    :ivar attachments: the calls about attachments.
    """

    def __init__(self, url: str, credentials: Credentials) -> None:
        self._rest = CinderRest(url, credentials)
        self.attachments = CinderAttachments(self._rest)

    async def own_token(self, project: str) -> str:
        """Return a token of our own, where the one of the user of a project is gone.

        :raises CinderError: Keystone doesn't give us one.
        """
        return await self._rest.own_token(project)

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

        return await self._rest.call(token, f'showing volume {volume_id}', show)

    async def require_at_host(self, token: str, volume_id: str) -> None:
        """Look at a volume as a host does before it opens or closes it.

        Nova learns whether it has to keep others from the volume's target; a file has none.

        :raises CinderError: there is no such volume, or Cinder doesn't say.
        """
        await self._rest.call(
            token,
            f'showing volume {volume_id}',
            lambda client: client.volumes.get(volume_id),
            _CONNECTING,
        )

    async def encryption_key(self, token: str, volume_id: str) -> str:
        """Return the id that the key manager knows a volume's key by.

        :raises CinderError: Cinder doesn't say, or it takes another provider than LUKS.
        """

        def show(client: Any) -> str:
            found = client.volumes.get_encryption_metadata(volume_id)
            if found.get('provider') != 'luks':
                raise ValueError(f'volume {volume_id} takes {found.get("provider")!r}, not luks')
            return str(found['encryption_key_id'])

        return await self._rest.call(token, f'showing the encryption of volume {volume_id}', show)

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

        return await self._rest.call(token, f'making a volume of {size} GiB', create)

    async def delete_volume(self, token: str, volume_id: str) -> None:
        """Delete a volume.

        :raises CinderError: Cinder refused.
        """
        await self._rest.call(
            token, f'deleting volume {volume_id}', lambda client: client.volumes.delete(volume_id)
        )

    async def begin_detaching(self, token: str, volume_id: str) -> None:
        """Claim the right to detach a volume.

        :raises CinderError: the volume's status doesn't allow it.
        """
        await self._rest.call(
            token,
            f'starting to detach volume {volume_id}',
            lambda client: client.volumes.begin_detaching(volume_id),
        )

    async def roll_detaching(self, token: str, volume_id: str) -> None:
        """Give the right to detach a volume back.

        :raises CinderError: Cinder refused.
        """
        await self._rest.call(
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

        return await self._rest.call(token, f'showing snapshot {snapshot_id}', show)

    async def snapshot_status(self, token: str, snapshot_id: str) -> str:
        """Return a snapshot's status.

        :raises CinderError: its ``code`` is 404 if there is no such snapshot.
        """
        return await self._rest.call(
            token,
            f'showing snapshot {snapshot_id}',
            lambda client: str(client.volume_snapshots.get(snapshot_id).status),
        )

    async def update_snapshot_status(self, token: str, snapshot_id: str, status: str) -> None:
        """Tell Cinder how far the work for a snapshot has come.

        :raises CinderError: Cinder refused.
        """
        body = {'status': status, 'progress': DONE_PROGRESS}
        await self._rest.call(
            token,
            f'setting snapshot {snapshot_id} to {body}',
            lambda client: client.volume_snapshots.update_snapshot_status(snapshot_id, body),
        )
