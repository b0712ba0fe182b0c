# SPDX-License-Identifier: Apache-2.0
"""What scenarios do to servers, and to the volumes attached to them.

Main class: :class:`Servers`.
"""

from __future__ import annotations

from nova_assist.checks.pattern import BLOCK_SIZE
from nova_assist.scenarios.context import GONE, Context
from nova_assist.scenarios.guests import Guests
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.tracked import TrackedServer, TrackedVolume

_CHANGING = ('BUILD', 'REBOOT', 'HARD_REBOOT', 'changing')


class Servers:
    """The servers of one scenario."""

    def __init__(self, context: Context, guests: Guests) -> None:
        """Start with none."""
        self._context = context
        self._guests = guests

    def create(self, name: str) -> TrackedServer:
        """Make a server and wait until it runs.

        :raises StepFailed: if it doesn't
        """
        context, guests = self._context, self._guests
        with refusals(f'creating server {name}'):
            made = context.api.nova.servers.create(
                f'{context.scenario}-{name}',
                image=guests.image,
                flavor=guests.flavor,
                nics='none',
            )
        server = TrackedServer(made.id, name)
        context.made.add(server.id, f'server {name}', lambda: self.delete(server))
        guests.booting(server)
        self._await(server, 'ACTIVE', *_CHANGING)
        guests.booted(server)
        return server

    def delete(self, server: TrackedServer) -> None:
        """Delete a server and wait until it is gone.

        :raises StepFailed: if it is refused or doesn't end
        """
        with refusals(f'deleting server {server.name}'):
            self._context.api.nova.servers.delete(server.id)
        self._await(server, GONE, 'ACTIVE', 'SHUTOFF', 'DELETED', *_CHANGING)
        self._context.made.drop(server.id)

    def delete_with(self, server: TrackedServer, volume: TrackedVolume) -> None:
        """Delete a server that has a volume, and wait until both are free of each other.

        :raises StepFailed: if it is refused or doesn't end
        """
        self.stop_writing(volume)
        self.delete(server)
        volume.server = None
        self._context.made.drop(f'{volume.id} attached')
        self._context.await_volume(volume, 'available', 'in-use', 'detaching')

    def attach(self, server: TrackedServer, volume: TrackedVolume) -> None:
        """Attach a volume and wait until the guest has it.

        :raises StepFailed: if it doesn't get it
        """
        context = self._context
        self._guests.plugging(server, volume)
        with refusals(f'attaching volume {volume.name} to server {server.name}'):
            context.api.nova.volumes.create_server_volume(server.id, volume.id)
        context.made.add(
            f'{volume.id} attached', f'attachment of {volume.name}', lambda: self.detach(volume)
        )
        volume.server = server
        self._context.await_volume(volume, 'in-use', 'attaching', 'reserved')

    def detach(self, volume: TrackedVolume) -> None:
        """Stop writing to an attached volume, detach it and wait until it is available.

        :raises StepFailed: if it doesn't become available
        """
        self.stop_writing(volume)
        server = volume.attached_to()
        with refusals(f'detaching volume {volume.name} from server {server.name}'):
            self._context.api.nova.volumes.delete_server_volume(server.id, volume.id)
        self._context.await_volume(volume, 'available', 'in-use', 'detaching')
        self._guests.unplugged(volume)
        volume.server = None
        self._context.made.drop(f'{volume.id} attached')

    def start_writing(self, volume: TrackedVolume) -> None:
        """Let the guest write to its disk from now on.

        :raises StepFailed: if the guest doesn't have the disk, or finds other data on it
        :raises GuestIoError: if the disk can't be opened
        """
        self._guests.start_writing(volume)

    def stop_writing(self, volume: TrackedVolume) -> None:
        """Stop what :meth:`start_writing` started, if it was.

        :raises GuestIoError: if a write failed
        """
        writer, volume.writer = volume.writer, None
        if writer is not None:
            writer.close()

    def write_to_the_end(self, volume: TrackedVolume) -> None:
        """Have the guest open its disk anew, which may have grown, and write up to its end.

        :raises StepFailed: if the disk hasn't its size, or the write isn't done, by the deadline
        """
        self.await_size(volume)
        self.stop_writing(volume)
        self.start_writing(volume)
        last = volume.disk_size // BLOCK_SIZE - 1
        self._context.patience.wait(
            'a write to the last block', lambda: last in volume.history.written_blocks() or None
        )

    def await_size(self, volume: TrackedVolume) -> None:
        """Wait until the guest's disk is as large as its volume, which may be after Cinder's end.

        :raises StepFailed: if it isn't within the deadline
        """
        self._guests.await_size(volume)

    def await_refresh(self, volume: TrackedVolume) -> None:
        """Wait until compute has fetched the connection info that names the newest overlay.

        Nova does so up to half a second after Cinder has called a snapshot available; a server
        that is rebooted before that opens the file from before the snapshot, whoever the driver.

        :raises StepFailed: if it isn't done within the deadline
        """
        self._guests.await_refresh(volume)

    def reboot(self, server: TrackedServer, *, hard: bool) -> None:
        """Reboot a server, to whose disks nobody may be writing, and wait until it runs.

        :raises StepFailed: if it doesn't
        """
        self._guests.booting(server)
        with refusals(f'rebooting server {server.name}'):
            self._context.api.nova.servers.reboot(server.id, 'HARD' if hard else 'SOFT')
        self._await(server, 'ACTIVE', *_CHANGING)
        self._guests.booted(server)

    def stop(self, server: TrackedServer) -> None:
        """Shut a server off, to whose disks nobody may be writing, and wait.

        :raises StepFailed: if it doesn't stop
        """
        with refusals(f'stopping server {server.name}'):
            self._context.api.nova.servers.stop(server.id)
        self.await_stopped(server)

    def await_stopped(self, server: TrackedServer) -> None:
        """Wait until a server that goes off, by itself or not, is known to be off.

        :raises StepFailed: if it isn't within the deadline
        """
        self._await(server, 'SHUTOFF', 'ACTIVE', *_CHANGING)
        server.running = False

    def start(self, server: TrackedServer) -> None:
        """Start a server that was stopped and wait until it runs.

        :raises StepFailed: if it doesn't
        """
        self._guests.booting(server)
        with refusals(f'starting server {server.name}'):
            self._context.api.nova.servers.start(server.id)
        self._await(server, 'ACTIVE', 'SHUTOFF', *_CHANGING)
        server.running = True
        self._guests.booted(server)

    def pause(self, server: TrackedServer) -> None:
        """Pause a server, to whose disks nobody may be writing, and wait.

        :raises StepFailed: if it isn't paused
        """
        with refusals(f'pausing server {server.name}'):
            self._context.api.nova.servers.pause(server.id)
        self._await(server, 'PAUSED', 'ACTIVE', *_CHANGING)

    def unpause(self, server: TrackedServer) -> None:
        """Let a paused server go on, and wait.

        :raises StepFailed: if it doesn't
        """
        with refusals(f'unpausing server {server.name}'):
            self._context.api.nova.servers.unpause(server.id)
        self._await(server, 'ACTIVE', 'PAUSED', *_CHANGING)

    def shelve(self, server: TrackedServer) -> None:
        """Shelve a server, to whose disks nobody may be writing, and wait until it left its host.

        :raises StepFailed: if it doesn't
        """
        with refusals(f'shelving server {server.name}'):
            self._context.api.nova.servers.shelve(server.id)
        self._await(server, 'SHELVED_OFFLOADED', 'ACTIVE', 'SHUTOFF', *_CHANGING)
        server.running = False

    def unshelve(self, server: TrackedServer) -> None:
        """Start a shelved server and wait until it runs.

        :raises StepFailed: if it doesn't start
        """
        self._guests.booting(server)
        with refusals(f'unshelving server {server.name}'):
            self._context.api.nova.servers.unshelve(server.id)
        self._await(server, 'ACTIVE', 'SHELVED_OFFLOADED', *_CHANGING)
        server.running = True
        self._guests.booted(server)

    def _await(self, server: TrackedServer, wanted: str, *pending: str) -> None:
        self._context.await_status(
            f'server {server.name} ({server.id})',
            [server.id],
            lambda: self._context.api.server_status(server.id),
            wanted,
            pending,
        )
