# SPDX-License-Identifier: Apache-2.0
"""Servers that rest: paused and unpaused, shelved and unshelved.

Main class: :class:`Resting`. Which states allow what is Nova's (``nova/compute/api.py``), and a
shelved server leaves its host at once, as with Nova's ``shelved_offload_time`` of 0.
"""

from __future__ import annotations

from nova_assist.compute import errors
from nova_assist.compute.attachments import Attachments
from nova_assist.compute.background import Background
from nova_assist.compute.model import PowerState, Server, TaskState, VmState
from nova_assist.compute.servers import Servers, require_state


class Resting:
    """Puts servers to rest and wakes them."""

    def __init__(self, servers: Servers, attachments: Attachments, background: Background) -> None:
        self._servers = servers
        self._attachments = attachments
        self._background = background

    def pause(self, server: Server) -> None:
        """Pause a server.

        :raises Conflict: its state doesn't allow it.
        """
        require_state(server, 'pause', (VmState.ACTIVE,))
        self._servers.set_task(server, TaskState.PAUSING)
        work = self._pause(server)
        self._background.start(f'server {server.id}: pause', work)

    def unpause(self, server: Server) -> None:
        """Let a paused server go on.

        :raises Conflict: its state doesn't allow it.
        """
        require_state(server, 'unpause', (VmState.PAUSED,))
        self._servers.set_task(server, TaskState.UNPAUSING)
        work = self._unpause(server)
        self._background.start(f'server {server.id}: unpause', work)

    def shelve(self, server: Server, token: str) -> None:
        """Shelve a server: it is shut off, and its volumes are only reserved for it.

        :raises Conflict: its state doesn't allow it.
        """
        require_state(server, 'shelve', (VmState.ACTIVE, VmState.STOPPED, VmState.PAUSED))
        self._servers.set_task(server, TaskState.SHELVING)
        self._background.start(f'server {server.id}: shelve', self._shelve(server, token))

    def unshelve(self, server: Server, token: str) -> None:
        """Start a shelved server with its volumes, wherever Cinder says that they are now.

        :raises Conflict: its state doesn't allow it.
        """
        require_state(server, 'unshelve', (VmState.SHELVED_OFFLOADED,))
        self._servers.set_task(server, TaskState.UNSHELVING)
        self._background.start(f'server {server.id}: unshelve', self._unshelve(server, token))

    async def _pause(self, server: Server) -> None:
        async with self._servers.lock(server):
            await self._servers.guest(server).pause()
            self._servers.set_state(server, VmState.PAUSED, PowerState.PAUSED)

    async def _unpause(self, server: Server) -> None:
        async with self._servers.lock(server):
            await self._servers.guest(server).unpause()
            self._servers.set_state(server, VmState.ACTIVE, PowerState.RUNNING)

    async def _shelve(self, server: Server, token: str) -> None:
        async with self._servers.lock(server):
            await self._servers.guest(server).power_off()
            await self._attachments.reserve_all(server, token)
            self._servers.set_state(server, VmState.SHELVED_OFFLOADED, PowerState.SHUTDOWN)

    async def _unshelve(self, server: Server, token: str) -> None:
        async with self._servers.lock(server):
            try:
                await self._attachments.connect_all(server, token)
            except errors.CinderError:
                self._servers.set_state(server, VmState.SHELVED_OFFLOADED, PowerState.SHUTDOWN)
                raise
            await self._servers.power_on(server, token, 'unshelve')
