# SPDX-License-Identifier: Apache-2.0
"""Attaching volumes to servers, detaching, refreshing and growing them.

Main class: :class:`Attachments`. The order of calls to Cinder and to the hypervisor is Nova's
(``nova/virt/block_device.py``, ``nova/compute/api.py``). REST is left to
:mod:`nova_assist.compute.api.attachments`.
"""

from __future__ import annotations

import logging
import string
import uuid
from collections.abc import Coroutine

from nova_assist.compute import errors
from nova_assist.compute.cinder import Cinder
from nova_assist.compute.guest import Guest
from nova_assist.compute.keys import KeyManager
from nova_assist.compute.model import Attachment, ConnectionInfo, Server
from nova_assist.compute.shares import Shares
from nova_assist.compute.store import ServerStore
from nova_assist.compute.waiting import look_until

LOG = logging.getLogger(__name__)
#: What a server boots, where that is a volume.
ROOT_DEVICE = '/dev/vda'


class Attachments:
    """The volumes of all servers.

    :param store: the servers.
    :param cinder: whose volumes they are.
    :param shares: where their files are.
    :param keys: what opens those that are encrypted.
    """

    def __init__(
        self, store: ServerStore, cinder: Cinder, shares: Shares, keys: KeyManager
    ) -> None:
        self._store = store
        self._cinder = cinder
        self._theirs = cinder.attachments
        self._shares = shares
        self._keys = keys

    async def reserve(
        self,
        server: Server,
        volume_id: str,
        token: str,
        tag: str | None,
        delete_with_server: bool,
        device: str | None = None,
    ) -> Attachment:
        """Note that a volume is to be attached, and reserve it in Cinder.

        :param device: what the server is to call it; a free name by default.
        :raises CinderError: Cinder refused; nothing is noted then.
        """
        attachment = Attachment(
            volume_id=volume_id,
            attachment_id='',
            bdm_id=str(uuid.uuid4()),
            device=device or _free_device(server),
            tag=tag,
            delete_on_termination=delete_with_server,
        )
        server.attachments.append(attachment)
        try:
            attachment.attachment_id = await self._theirs.reserve(token, volume_id, server.id)
        except errors.CinderError:
            server.attachments.remove(attachment)
            raise
        self._store.save(server)
        return attachment

    async def connect(
        self, server: Server, guest: Guest, attachment: Attachment, token: str
    ) -> None:
        """Connect a reserved volume; a failure takes the attachment back.

        :raises ComputeError: it can't be connected.
        """
        try:
            connection = await self._connection(attachment, token)
            await self._fetch_key(attachment, connection, token)
            source = self._shares.source(connection, attachment.passphrase)
            await guest.attach(attachment.volume_id, source)
            attachment.connection, attachment.source = connection, source
            self._store.save(server)
            await self._theirs.complete(token, attachment.attachment_id)
        except errors.ComputeError:
            await self._take_back(server, guest, attachment, token)
            raise

    async def detach(
        self, server: Server, guest: Guest, attachment: Attachment, token: str
    ) -> None:
        """Unplug a volume that Cinder lets us detach; a failure is rolled back.

        :raises ComputeError: QEMU can't let go of it.
        """
        try:
            await self._cinder.require_at_host(token, attachment.volume_id)
            await guest.detach(attachment.volume_id)
        except errors.ComputeError:
            await self._attempt(self._cinder.roll_detaching(token, attachment.volume_id))
            raise
        await self._attempt(self._theirs.disconnect(token, attachment.attachment_id))
        self._forget(server, attachment)

    async def hold(self, server: Server, attachment: Attachment, token: str) -> None:
        """Keep a reserved volume for a server that is on no host, which connects it later.

        :raises CinderError: Cinder refused.
        """
        try:
            await self._theirs.complete(token, attachment.attachment_id)
        except errors.CinderError:
            await self._attempt(self._theirs.disconnect(token, attachment.attachment_id))
            self._forget(server, attachment)
            raise

    async def give_back(self, server: Server, token: str) -> None:
        """Take back what was reserved for a server that isn't made."""
        for attachment in server.attachments:
            await self._attempt(self._theirs.disconnect(token, attachment.attachment_id))

    async def drop_all(self, server: Server, token: str) -> None:
        """Give all volumes of a server that is off back, as when the server is deleted."""
        for attachment in list(server.attachments):
            await self._attempt(self._theirs.disconnect(token, attachment.attachment_id))
            if attachment.delete_on_termination:
                await self._attempt(self._cinder.delete_volume(token, attachment.volume_id))
            self._forget(server, attachment)

    async def own_token(self, server: Server) -> str:
        """Return our own token for calls about a server's volumes, once Cinder takes it.

        Keystone and Cinder may be starting at the same time as we are.

        :raises CinderError: it doesn't in time.
        """

        async def look() -> str | errors.CinderError:
            try:
                token = await self._cinder.own_token(server.project_id)
                for attachment in server.attachments:
                    await self._cinder.volume(token, attachment.volume_id)
            except errors.CinderError as error:
                return error if error.code != 404 else token
            return token

        found = await look_until(look, lambda seen: isinstance(seen, str))
        if isinstance(found, errors.CinderError):
            raise found
        return found

    async def reserve_all(self, server: Server, token: str) -> None:
        """Give all volumes of a server that is off back, but keep them reserved for it."""
        for attachment in server.attachments:
            old = attachment.attachment_id
            attachment.attachment_id = await self._theirs.reserve(
                token, attachment.volume_id, server.id
            )
            attachment.connection = attachment.source = None
            await self._attempt(self._theirs.disconnect(token, old))
        self._store.save(server)

    async def connect_all(self, server: Server, token: str) -> None:
        """Connect all volumes that are reserved for a server that is off.

        As Nova does, Cinder is told of the end before the server starts.

        :raises CinderError: Cinder refused.
        """
        for attachment in server.attachments:
            attachment.connection = await self._connection(attachment, token)
            self._store.save(server)
            await self._theirs.complete(token, attachment.attachment_id)

    async def refresh(self, server: Server, volume_id: str, token: str) -> None:
        """Take over from Cinder where a volume is now.

        Only the next start of the server, or its hard reboot, looks at it.

        :raises CinderError: Cinder doesn't say.
        :raises DiskError: the volume isn't attached any more.
        """
        attachment = self.require(server, volume_id)
        if attachment.connection is not None:
            attachment.connection = await self._theirs.connection(token, attachment.attachment_id)
            self._store.save(server)

    async def reconcile(self, server: Server, token: str) -> None:
        """Take note of attachments that Cinder has no more, and delete those that we don't know.

        Nova does so before any reboot (``nova/compute/manager.py``, ``_delete_dangling_bdms``),
        unless Cinder doesn't say which there are.

        :raises CinderError: Cinder doesn't say whether there is one, or can't delete one.
        """
        try:
            unknown = await self._theirs.of_server(token, server.id)
        except errors.CinderError as error:
            LOG.warning('Server %s: attachments not compared: %s', server.id, error)
            return
        for attachment in [each for each in server.attachments if each.attachment_id]:
            if await self._theirs.exists(token, attachment.attachment_id):
                unknown.discard(attachment.attachment_id)
            else:
                self._forget(server, attachment)
        for attachment_id in unknown:
            await self._theirs.disconnect(token, attachment_id)

    async def define_from_connections(self, server: Server, token: str) -> None:
        """Define the guest's disks anew from what Cinder told last.

        Nova does so when it starts or hard-reboots a server, without asking Cinder again where
        volumes are. The keys of encrypted ones it fetches anew.

        :raises CinderError: Cinder doesn't say which key a volume has.
        :raises KeyManagerError: the user can't have a key.
        :raises DiskError: a share isn't mounted.
        """
        for attachment in server.attachments:
            if attachment.connection is not None:
                await self._fetch_key(attachment, attachment.connection, token)
                attachment.source = self._shares.source(
                    attachment.connection, attachment.passphrase
                )

    async def _connection(self, attachment: Attachment, token: str) -> ConnectionInfo:
        await self._cinder.require_at_host(token, attachment.volume_id)
        return await self._theirs.connect(token, attachment.attachment_id, attachment.device)

    async def _fetch_key(
        self, attachment: Attachment, connection: ConnectionInfo, token: str
    ) -> None:
        """Fetch the key of an encrypted volume, as the user whose token it is."""
        if connection.encrypted:
            key_id = await self._cinder.encryption_key(token, attachment.volume_id)
            attachment.passphrase = await self._keys.passphrase(key_id, token)

    @staticmethod
    def require(server: Server, volume_id: str) -> Attachment:
        """Return a volume's attachment.

        :raises DiskError: it isn't attached.
        """
        attachment = server.attachment(volume_id)
        if attachment is None:
            raise errors.DiskError(f'volume {volume_id} is not attached to server {server.id}')
        return attachment

    async def _take_back(
        self, server: Server, guest: Guest, attachment: Attachment, token: str
    ) -> None:
        await self._attempt(guest.detach(attachment.volume_id))
        await self._attempt(self._theirs.disconnect(token, attachment.attachment_id))
        self._forget(server, attachment)

    def _forget(self, server: Server, attachment: Attachment) -> None:
        if attachment in server.attachments:
            server.attachments.remove(attachment)
        self._store.save(server)

    async def _attempt(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except errors.ComputeError as error:
            LOG.warning('While cleaning up: %s', error)


def _free_device(server: Server) -> str:
    """Return the first free device name, but for the root disk's."""
    used = {attachment.device for attachment in server.attachments}
    names = (f'/dev/vd{letter}' for letter in string.ascii_lowercase[1:])
    device = next((name for name in names if name not in used), None)
    if device is None:
        raise errors.Forbidden(
            'The maximum allowed number of disk devices (26) to attach to a '
            'single instance has been exceeded.'
        )
    return device
