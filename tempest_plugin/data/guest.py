# SPDX-License-Identifier: Apache-2.0
"""A guest that writes numbered records to volumes, and tells what it finds on them.

Main classes: :class:`Guest`, whatever way its lines come by, :class:`ConsoleGuest`, and
:class:`UnseenGuest`, which stands for a guest that nobody can look into. The way by ssh is in
:mod:`tempest_plugin.data.ssh_guest`.
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Any, TypeVar

from console_guest import protocol
from console_guest.protocol import Event, Failed, Found, Gone, Wrote, serial_of
from tempest_plugin import errors, waiting

E = TypeVar('E', Found, Wrote, Gone)
T = TypeVar('T')
Mark = tuple[Event, ...]

#: The line that follows next may have been on its way when a test began to listen.
_CERTAINLY_LATER = 2


class Guest(abc.ABC):
    """The guest of a server. A disk is called by the id of its volume.

    :cvar seen: whether what the guest says can be heard at all.
    """

    seen = True

    def __init__(self, name: str, *, seconds: float, pause: float) -> None:
        """Take what to call the guest, how long to wait for it, and how often to look."""
        self._name = name
        self._seconds = seconds
        self._pause = pause

    @abc.abstractmethod
    def text(self) -> str:
        """Return what the guest has printed, as far as it is kept."""

    def mark(self) -> Mark:
        """Return a point in time, to be asked later for what came after it."""
        return protocol.parse(self.text())

    @abc.abstractmethod
    def prepare(self, volume_id: str) -> None:
        """Have the guest use a disk that was just attached, or is there after a start."""

    def write_much(self, volume_id: str) -> None:  # noqa: B027 - few guests can be told to
        """Have the guest write much beside its records, so that a merge takes time, if it can."""

    def wrote(self, volume_id: str, mark: Mark) -> int:
        """Return a number of records which were on the disk at some time after the mark.

        So it is at least as many as were there at the time of the mark.

        :raises GuestFailed: the guest had an error on the disk
        :raises TimeoutException: it has written nothing
        """
        heard = self._hear(volume_id, mark, Wrote, _CERTAINLY_LATER)
        return heard[_CERTAINLY_LATER - 1].records

    def found(self, volume_id: str, mark: Mark) -> Found:
        """Return what the guest found on the disk, when it was plugged in after the mark.

        :raises GuestFailed: the guest had an error on the disk
        :raises TimeoutException: it has not found the disk
        """
        return self._hear(volume_id, mark, Found)[0]

    def gone(self, volume_id: str, mark: Mark) -> None:
        """Wait until the guest has noticed that the disk was unplugged after the mark.

        :raises TimeoutException: it has not
        """
        self._hear(volume_id, mark, Gone)

    def known(self, volume_id: str) -> int:
        """Return how many records the guest said last are on the disk; 0 if it said nothing."""
        serial = serial_of(volume_id)
        for event in reversed(self.mark()):
            if isinstance(event, Wrote) and event.serial == serial:
                return event.records
        return 0

    def _hear(self, volume_id: str, mark: Mark, kind: type[E], count: int = 1) -> list[E]:
        serial = serial_of(volume_id)

        def look() -> list[E]:
            mine = [
                event
                for event in protocol.since(mark, self.mark())
                if getattr(event, 'serial', None) == serial
            ]
            _refuse_failure(mine, self._name)
            return [event for event in mine if isinstance(event, kind)]

        what = f'"{kind.__name__.lower()}" of disk {serial} from {self._name}'
        return self._until(what, look, lambda heard: len(heard) >= count)

    def _until(self, what: str, look: Callable[[], T], arrived: Callable[[T], bool]) -> T:
        return waiting.until(what, look, arrived, seconds=self._seconds, pause=self._pause)


class ConsoleGuest(Guest):
    """The console guest: what it says is what the server's console shows."""

    def __init__(self, servers_client: Any, server_id: str) -> None:
        """Take the client that may read the server's console."""
        super().__init__(
            f'the console of server {server_id}',
            seconds=servers_client.build_timeout,
            pause=servers_client.build_interval,
        )
        self._client = servers_client
        self._server_id = server_id

    def text(self) -> str:
        """Return what the console shows."""
        return str(self._client.get_console_output(self._server_id)['output'])

    def prepare(self, volume_id: str) -> None:
        """Do nothing: the guest looks for disks by itself."""


class UnseenGuest(Guest):
    """A guest that can't be heard: it is asked the same, and each answer says nothing."""

    seen = False

    def __init__(self, server_id: str) -> None:
        """Take whose guest it is."""
        super().__init__(f'server {server_id}', seconds=0, pause=0)

    def text(self) -> str:
        """Return what is heard: nothing."""
        return ''

    def prepare(self, volume_id: str) -> None:
        """Do nothing: nobody can tell the guest anything."""

    def _hear(self, volume_id: str, mark: Mark, kind: type[E], count: int = 1) -> list[E]:
        serial = serial_of(volume_id)
        nothing: dict[type[Any], Any] = {
            Found: Found(serial, 0, 0),
            Wrote: Wrote(serial, 0),
            Gone: Gone(serial),
        }
        return [nothing[kind]] * count


def _refuse_failure(events: list[Event], name: str) -> None:
    for event in events:
        if isinstance(event, Failed):
            raise errors.GuestFailed(
                f'{name} says that disk {event.serial} failed: {event.text}; see the log of the '
                'hypervisor'
            )
