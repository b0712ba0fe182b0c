# SPDX-License-Identifier: Apache-2.0
"""The calls about attachments that Nova makes to Cinder.

Main class: :class:`CinderAttachments`. When to call is left to
:mod:`nova_assist.compute.attachments`.
"""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Mapping
from typing import Any

from nova_assist.compute import errors
from nova_assist.compute.cinder_rest import CinderRest, Version
from nova_assist.compute.model import ConnectionInfo, ImageFormat

#: The first with ``os-complete``.
_ATTACHMENTS = Version('3.44')


class CinderAttachments:
    """Makes the calls, as the user whose token is given."""

    def __init__(self, rest: CinderRest) -> None:
        self._rest = rest

    async def reserve(self, token: str, volume_id: str, server_id: str) -> str:
        """Reserve a volume for a server: make an attachment without a connector.

        :returns: the attachment's id.
        :raises CinderError: the volume can't be attached.
        """
        made = await self._rest.call(
            token,
            f'reserving volume {volume_id} for server {server_id}',
            lambda client: client.attachments.create(volume_id, None, server_id),
            dataclasses.replace(_ATTACHMENTS, asked_for=True),
        )
        return str(made['id'])

    async def connect(self, token: str, attachment_id: str, device: str) -> ConnectionInfo:
        """Tell Cinder where the volume is used, and learn where the volume is.

        :raises CinderError: Cinder refused, or answered with a connection that isn't a file on a
            share.
        """
        connector = {
            'platform': 'x86_64',
            'os_type': 'linux',
            'ip': '127.0.0.1',
            'host': socket.gethostname(),
            'multipath': False,
            'enforce_multipath': True,
            'do_local_attach': False,
            'nvme_native_multipath': False,
            'mountpoint': device,
        }
        return await self._rest.call(
            token,
            f'connecting attachment {attachment_id}',
            lambda client: _connection(client.attachments.update(attachment_id, connector)),
            _ATTACHMENTS,
        )

    async def connection(self, token: str, attachment_id: str) -> ConnectionInfo:
        """Return where an attached volume is now.

        :raises CinderError: as :meth:`connect`.
        """
        return await self._rest.call(
            token,
            f'showing attachment {attachment_id}',
            lambda client: _connection(client.attachments.show(attachment_id)),
            _ATTACHMENTS,
        )

    async def complete(self, token: str, attachment_id: str) -> None:
        """Tell Cinder that the server has the volume.

        :raises CinderError: Cinder refused.
        """
        await self._rest.call(
            token,
            f'completing attachment {attachment_id}',
            lambda client: client.attachments.complete(attachment_id),
            _ATTACHMENTS,
        )

    async def disconnect(self, token: str, attachment_id: str) -> None:
        """Delete an attachment; no news if it is gone already.

        :raises CinderError: Cinder refused.
        """
        try:
            await self._rest.call(
                token,
                f'deleting attachment {attachment_id}',
                lambda client: client.attachments.delete(attachment_id),
                _ATTACHMENTS,
            )
        except errors.CinderError as error:
            if error.code != 404:
                raise

    async def of_server(self, token: str, server_id: str) -> set[str]:
        """Return the ids of a server's attachments.

        :raises CinderError: Cinder doesn't say.
        """
        found = await self._rest.call(
            token,
            f'listing the attachments of server {server_id}',
            lambda client: client.attachments.list(search_opts={'instance_id': server_id}),
            _ATTACHMENTS,
        )
        return {str(each.id) for each in found}

    async def exists(self, token: str, attachment_id: str) -> bool:
        """Tell whether there is an attachment.

        :raises CinderError: Cinder doesn't say.
        """
        try:
            await self._rest.call(
                token,
                f'showing attachment {attachment_id}',
                lambda client: client.attachments.show(attachment_id),
                _ATTACHMENTS,
            )
        except errors.CinderError as error:
            if error.code != 404:
                raise
            return False
        return True


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
        bool(info.get('encrypted')),
    )
