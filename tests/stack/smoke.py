# SPDX-License-Identifier: Apache-2.0
"""One story on a stack, end to end; main class: :class:`Smoke`.

A server boots without a network, writes records to a volume all the time while two snapshots of
it are taken and deleted, the older one first, and finds them all when it gets the volume again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from cinderclient import exceptions as cinder_exceptions
from novaclient import exceptions as nova_exceptions

from console_guest import protocol
from console_guest.protocol import Boot, Event, Failed, Found, Gone, Wrote
from nova_assist.cloud.tempest_conf import CONSOLE_GUEST
from tests.stack.commands import run
from tests.stack.contents import FLAVORS
from tests.stack.errors import StoryError
from tests.stack.progress import Progress
from tests.stack.settings import BACKEND, Settings
from tests.stack.stack import Stack

#: Seconds that a step may take; in the lab all takes ten times as long.
_PATIENCE = 600.0
_PAUSE_SECONDS = 0.5
_FAILED = ('error', 'error_deleting', 'ERROR')
_GONE = (cinder_exceptions.NotFound, nova_exceptions.NotFound)

E = TypeVar('E', bound=Event)


class Smoke:
    """The story; :meth:`tell` it once."""

    def __init__(self, stack: Stack, settings: Settings, progress: Progress) -> None:
        self._stack = stack
        self._settings = settings
        self._step = progress.step
        self._cinder = stack.cloud.cinder
        self._nova = stack.cloud.nova

    def tell(self) -> None:
        """Go through all of it.

        :raises StoryError: something went wrong.
        """
        with self._step('volume made'):
            volume = self._cinder.volumes.create(1, name='smoke', volume_type=BACKEND)
            self._await(self._cinder.volumes, volume, 'available')
        with self._step('server booted, without a network'):
            server = self._boot()
        with self._step('volume attached, guest writes'):
            self._attach(server, volume)
        self._tell_files(volume)
        older = self._take(server, volume, 'older')
        newer = self._take(server, volume, 'newer')
        self._drop(server, volume, older, 'older')
        self._drop(server, volume, newer, 'newer')
        self._tell_files(volume)
        with self._step('detached'):
            records = self._detach(server, volume)
        with self._step(f'attached again, at least {records} records right'):
            self._judge(self._attach(server, volume), records)
            self._detach(server, volume)
        with self._step('all deleted, nothing left on the share'):
            self._delete(server, volume)

    def _boot(self) -> Any:
        images = {image.name: image for image in self._nova.glance.list()}
        server = self._nova.servers.create(
            'smoke', images[CONSOLE_GUEST], next(iter(FLAVORS)), nics='none'
        )
        self._await(self._nova.servers, server, 'ACTIVE')
        self._hear(server, (), Boot)
        return server

    def _attach(self, server: Any, volume: Any) -> Found:
        before = self._said(server)
        self._nova.volumes.create_server_volume(server.id, volume.id)
        self._await(self._cinder.volumes, volume, 'in-use')
        found = self._hear(server, before, Found, volume)
        self._written(server, volume)
        return found

    def _detach(self, server: Any, volume: Any) -> int:
        """Detach the volume, and return how many records the guest is known to have written."""
        before = self._said(server)
        self._nova.volumes.delete_server_volume(server.id, volume.id)
        self._await(self._cinder.volumes, volume, 'available')
        self._hear(server, before, Gone, volume)
        return max(event.records for event in self._said(server) if isinstance(event, Wrote))

    def _take(self, server: Any, volume: Any, name: str) -> Any:
        with self._step(f'{name} snapshot taken, guest writes on'):
            snapshot = self._cinder.volume_snapshots.create(volume.id, force=True, name=name)
            self._await(self._cinder.volume_snapshots, snapshot, 'available')
            self._written(server, volume)
        return snapshot

    def _drop(self, server: Any, volume: Any, snapshot: Any, name: str) -> None:
        with self._step(f'{name} snapshot deleted, guest writes on'):
            snapshot.delete()
            self._await(self._cinder.volume_snapshots, snapshot, None)
            self._written(server, volume)

    def _written(self, server: Any, volume: Any) -> None:
        """Wait until the guest has written on: the first line may have been on its way."""
        for _ in range(2):
            self._hear(server, self._said(server), Wrote, volume)

    def _judge(self, found: Found, least: int) -> None:
        if found.bad or found.records < least:
            raise StoryError(
                f'the guest found {found.records} records and {found.bad} bad blocks; '
                f'it had written at least {least} records'
            )

    def _delete(self, server: Any, volume: Any) -> None:
        server.delete()
        self._await(self._nova.servers, server, None)
        volume.delete()
        self._await(self._cinder.volumes, volume, None)
        left = self._files(volume)
        if left:
            raise StoryError(f'files are left of volume {volume.id}:\n' + '\n'.join(left))

    def _tell_files(self, volume: Any) -> None:
        for line in self._files(volume):
            print(f'{"":21}{line}', flush=True)

    def _files(self, volume: Any) -> list[str]:
        """Return a line for each file of the volume, as the server sees them."""
        listing = ('ls', '-l', str(self._settings.exported))
        lines = run(self._stack.namespace.command(*listing)).splitlines()
        return [line for line in lines if volume.id in line]

    def _await(self, manager: Any, thing: Any, status: str | None) -> None:
        """Wait for a status, ``None`` for the thing to be gone."""

        def look() -> str | None:
            try:
                return str(manager.get(thing.id).status)
            except _GONE:
                return None

        what = f'{thing.id} {status or "gone"}'
        found = self._until(what, look, lambda now: now == status or now in _FAILED)
        if found != status:
            raise StoryError(f'{what}: it is {found}; see {self._settings.places.logs}')

    def _said(self, server: Any) -> tuple[Event, ...]:
        return protocol.parse(self._nova.servers.get_console_output(server.id))

    def _hear(
        self, server: Any, before: tuple[Event, ...], kind: type[E], volume: Any = None
    ) -> E:
        """Wait for what the guest says of the volume, and return it."""
        serial = protocol.serial_of(volume.id) if volume else None

        def look() -> list[Event]:
            new = protocol.since(before, self._said(server))
            return [event for event in new if getattr(event, 'serial', None) == serial]

        what = f'"{kind.__name__.lower()}" on the console of server {server.id}'
        heard = self._until(
            what, look, lambda events: any(isinstance(each, (kind, Failed)) for each in events)
        )
        for event in heard:
            if isinstance(event, Failed):
                raise StoryError(f'the guest says of {event.serial}: {event.text}')
        return next(event for event in heard if isinstance(event, kind))

    def _until(self, what: str, look: Callable[[], Any], arrived: Callable[[Any], bool]) -> Any:
        deadline = time.monotonic() + _PATIENCE
        while not arrived(found := look()):
            self._stack.supervisor.check()
            if time.monotonic() > deadline:
                raise StoryError(f'not {what} after {_PATIENCE:.0f} s, but {found}')
            time.sleep(_PAUSE_SECONDS)
        return found
