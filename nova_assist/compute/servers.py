# SPDX-License-Identifier: Apache-2.0
"""Servers: made, started, stopped, rebooted, deleted, and found again after a restart.

Main class: :class:`Servers`. Which states allow what is Nova's (``nova/compute/api.py``). Volumes
are left to :mod:`nova_assist.compute.attachments`, REST to
:mod:`nova_assist.compute.api.servers`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from nova_assist.compute import errors, model
from nova_assist.compute.attachments import Attachments
from nova_assist.compute.background import Background
from nova_assist.compute.consoles import Consoles
from nova_assist.compute.guest import Guest
from nova_assist.compute.model import PowerState, Server, TaskState, VmState
from nova_assist.compute.run_folder import RunFolder
from nova_assist.compute.store import ServerStore

LOG = logging.getLogger(__name__)
_HARD_REBOOT_TASKS = (None, TaskState.REBOOTING, TaskState.REBOOTING_HARD)


class Servers:
    """All servers of this service and their guests."""

    def __init__(
        self,
        store: ServerStore,
        attachments: Attachments,
        run_folder: RunFolder,
        background: Background,
        consoles: Consoles,
    ) -> None:
        self._store = store
        self._attachments = attachments
        self._run_folder = run_folder
        self._background = background
        self._consoles = consoles
        self._guests: dict[str, Guest] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def guest(self, server: Server) -> Guest:
        """Return a server's guest, on or off."""
        if server.id not in self._guests:
            self._guests[server.id] = Guest(
                server.id,
                self._run_folder,
                self._guest_stopped,
                self._consoles.system(server),
            )
        return self._guests[server.id]

    def lock(self, server: Server) -> asyncio.Lock:
        """Return the lock that keeps changes of power and of volumes apart."""
        return self._locks.setdefault(server.id, asyncio.Lock())

    def create(self, server: Server, token: str, connect: Callable[[], Awaitable[None]]) -> None:
        """Take up a new server and boot it.

        :param token: of who asks for it.
        :param connect: connects the volumes that it is made with.
        """
        server.task_state = TaskState.SPAWNING
        self._store.add(server)
        self._background.start(f'server {server.id}: boot', self._boot(server, token, connect))

    def start(self, server: Server, token: str) -> None:
        """Start a stopped server.

        :raises Conflict: its state doesn't allow it.
        """
        require_state(server, 'start', (VmState.STOPPED,))
        self.set_task(server, TaskState.POWERING_ON)
        self._background.start(f'server {server.id}: start', self._start(server, token))

    def stop(self, server: Server) -> None:
        """Stop a server.

        :raises Conflict: its state doesn't allow it.
        """
        require_state(server, 'stop', (VmState.ACTIVE, VmState.ERROR))
        self.set_task(server, TaskState.POWERING_OFF)
        self._background.start(f'server {server.id}: stop', self._stop(server))

    def reboot(self, server: Server, token: str, *, hard: bool) -> None:
        """Reboot a server.

        :raises Conflict: its state doesn't allow it.
        """
        if hard:
            states = (VmState.ACTIVE, VmState.STOPPED, VmState.PAUSED, VmState.ERROR)
            require_state(server, 'reboot', states, _HARD_REBOOT_TASKS)
            self.set_task(server, TaskState.REBOOTING_HARD)
        else:
            require_state(server, 'reboot', (VmState.ACTIVE,))
            self.set_task(server, TaskState.REBOOTING)
        work = self._reboot(server, token, hard=hard)
        self._background.start(f'server {server.id}: reboot', work)

    def delete(self, server: Server, token: str) -> None:
        """Delete a server and give its volumes back; no news if that is under way."""
        if server.task_state is not TaskState.DELETING:
            self.set_task(server, TaskState.DELETING)
            self._background.start(f'server {server.id}: delete', self._delete(server, token))

    async def recover(self) -> None:
        """Find the guests of an earlier process again, and bring the records in line with them.

        What was under way then is not taken up again, but for deletions.
        """
        for server in self._store.all():
            try:
                paused = server.vm_state is VmState.PAUSED
                await self.guest(server).find(paused=paused)
            except errors.StorageDaemonError as error:
                self._fail(server, str(error))
                continue
            if server.task_state is TaskState.DELETING:
                self._background.start(f'server {server.id}: delete', self._go_on_deleting(server))
            elif server.vm_state is VmState.BUILDING:
                self._fail(server, 'the compute service went away while the server was built')
            else:
                await self._synchronize(server)

    async def release(self) -> None:
        """Let go of all guests without stopping them."""
        for guest in self._guests.values():
            await guest.release()
        self._run_folder.remove_if_unused()

    async def _boot(
        self, server: Server, token: str, connect: Callable[[], Awaitable[None]]
    ) -> None:
        async with self.lock(server):
            try:
                await connect()
            except errors.ComputeError as error:
                self._fail(server, f'could not boot: {error}')
                raise
            await self.power_on(server, token, 'boot')

    async def _start(self, server: Server, token: str) -> None:
        async with self.lock(server):
            await self.power_on(server, token, 'start')

    async def _stop(self, server: Server) -> None:
        async with self.lock(server):
            await self.guest(server).power_off()
            self._stopped(server)

    async def _reboot(self, server: Server, token: str, *, hard: bool) -> None:
        async with self.lock(server):
            try:
                await self._attachments.reconcile(server, token)
            except errors.CinderError:
                self.set_state(server, server.vm_state, server.power_state)
                raise
            await self.guest(server).power_off()
            if hard or not await self._restarted(server):
                await self.power_on(server, token, 'reboot')

    async def _restarted(self, server: Server) -> bool:
        """Start a guest as libvirt has it defined, and tell whether it starts.

        What Cinder told is not looked at.
        """
        try:
            await self.guest(server).power_on(_sources(server))
        except errors.ComputeError as error:
            LOG.warning('Server %s: soft reboot failed, trying hard: %s', server.id, error)
            return False
        self._started(server)
        return True

    async def _delete(self, server: Server, token: str) -> None:
        async with self.lock(server):
            await self.guest(server).power_off()
            await self._attachments.drop_all(server, token)
            self._store.delete(server)
            self._consoles.of(server).remove()
        await self._guests.pop(server.id).release()
        self._locks.pop(server.id, None)

    async def _go_on_deleting(self, server: Server) -> None:
        """Do what an earlier process has not finished; the user's token has gone with it."""
        try:
            token = await self._attachments.own_token(server)
        except errors.CinderError as error:
            server.task_state = None  # so that it can be deleted again
            self._fail(server, f'could not go on deleting: {error}')
            raise
        await self._delete(server, token)

    async def power_on(self, server: Server, token: str, action: str) -> None:
        """Start a server's guest from what Cinder told of its volumes; under the server's lock.

        :param token: of who asks for it, and so for the keys of encrypted ones.
        :raises ComputeError: it doesn't start; the server is in error then.
        """
        try:
            await self._attachments.define_from_connections(server, token)
            await self.guest(server).power_on(_sources(server))
        except errors.ComputeError as error:
            self._fail(server, f'could not {action}: {error}')
            raise
        self._started(server)

    async def _synchronize(self, server: Server) -> None:
        """Do what nova-compute's power state sync does, with no task taken for under way."""
        guest = self.guest(server)
        server.task_state = None
        if guest.running:
            for volume_id, disk in (await guest.disks()).items():
                attachment = server.attachment(volume_id)
                if attachment is not None:
                    active = disk.chain[0]
                    attachment.source = model.DiskSource(
                        active.file, model.ImageFormat(active.driver), attachment.passphrase
                    )
            if server.vm_state is VmState.PAUSED:
                self._store.save(server)
            else:
                self._started(server)
        elif server.vm_state in (VmState.ACTIVE, VmState.PAUSED):
            self._stopped(server)
        else:
            self._store.save(server)

    def _guest_stopped(self, server_id: str) -> None:
        server = self._store.get(server_id)
        if server is not None and server.task_state is None:
            self._stopped(server)

    def _started(self, server: Server) -> None:
        server.launched_at = server.launched_at or model.now()
        self.set_state(server, VmState.ACTIVE, PowerState.RUNNING)

    def _stopped(self, server: Server) -> None:
        self.set_state(server, VmState.STOPPED, PowerState.SHUTDOWN)

    def _fail(self, server: Server, message: str) -> None:
        server.fault = model.Fault(message, model.now())
        self.set_state(server, VmState.ERROR, PowerState.NOSTATE)

    def set_state(self, server: Server, vm_state: VmState, power_state: PowerState) -> None:
        """Note what a server is now; its task is over, unless it is being deleted."""
        server.vm_state, server.power_state = vm_state, power_state
        if server.task_state is not TaskState.DELETING:
            server.task_state = None
        self._store.save(server)

    def set_task(self, server: Server, task: TaskState) -> None:
        """Note what is being done to a server."""
        server.task_state = task
        self._store.save(server)


def require_state(
    server: Server,
    action: str,
    vm_states: Iterable[VmState],
    tasks: Iterable[TaskState | None] = (None,),
) -> None:
    """Make sure that a server's state allows an action.

    :raises Conflict: it doesn't, in the words of Nova's
        ``raise_http_conflict_for_instance_invalid_state``.
    """
    found = None
    if server.vm_state not in vm_states:
        found = f'vm_state {server.vm_state.value}'
    elif server.task_state not in tasks:
        found = f'task_state {server.task_state.value if server.task_state else None}'
    elif server.launched_at is None:
        raise errors.Conflict(f"Instance {server.id} is in an invalid state for '{action}'")
    if found is not None:
        raise errors.Conflict(f"Cannot '{action}' instance {server.id} while it is in {found}")


def _sources(server: Server) -> dict[str, model.DiskSource]:
    return {a.volume_id: a.source for a in server.attachments if a.source is not None}
