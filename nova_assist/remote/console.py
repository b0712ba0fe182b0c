# SPDX-License-Identifier: Apache-2.0
"""The console of a server, and what its guest says there of a disk.

Main classes: :class:`Console` and :class:`Line`, that part of it which is about one disk.
"""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TypeVar

from novaclient import exceptions as nova_errors

from console_guest import protocol
from console_guest.protocol import Event, Failed, Found, Wrote
from nova_assist.scenarios.context import Context
from nova_assist.scenarios.errors import GuestIoError
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.tracked import TrackedServer

E = TypeVar('E', bound=Event)
Mark = tuple[Event, ...]

#: What the guest says next may have been on its way when somebody began to listen.
_CERTAINLY_LATER = 2


class Console:
    """What the guest of one server has said."""

    def __init__(self, context: Context, server: TrackedServer) -> None:
        self._context = context
        self._server = server
        self._heard: Mark = ()

    def said(self) -> Mark:
        """Return all of it, as far as Nova keeps it.

        Of a server that is off Nova shows no console; then it is what was heard last.

        :raises StepFailed: if Nova doesn't tell
        """
        with (
            refusals(f'reading the console of server {self._server.name}'),
            contextlib.suppress(nova_errors.NotFound),
        ):
            text = self._context.api.nova.servers.get_console_output(self._server.id)
            self._heard = protocol.parse(str(text))
        return self._heard

    def hear(self, mark: Mark, kind: type[E], serial: str | None = None, count: int = 1) -> E:
        """Wait until the guest has said something after a mark, and return the last of it.

        :param serial: the disk that it has to be about, if it has to be
        :param count: how often it has to have said so
        :raises TookTooLong: if it hasn't within the deadline
        :raises GuestIoError: if it says that the disk has failed
        """
        words = f'"{kind.__name__.lower()}"' + (f' of disk {serial}' if serial else '')

        def heard() -> E | None:
            found = [each for each in self.since(mark, serial) if isinstance(each, kind)]
            return found[count - 1] if len(found) >= count else None

        what = f'{words} from the guest of server {self._server.name}'
        return self._context.patience.wait(what, heard)

    def since(self, mark: Mark, serial: str | None) -> list[Event]:
        """Return what the guest has said of a disk, or of itself, after a mark.

        :raises GuestIoError: if it says that the disk has failed
        """
        events = [
            event
            for event in protocol.since(mark, self.said())
            if getattr(event, 'serial', None) == serial
        ]
        for event in events:
            if isinstance(event, Failed):
                raise GuestIoError(f'the guest of server {self._server.name} says: {event.text}')
        return events


@dataclasses.dataclass(frozen=True)
class Line:
    """What a guest says of one disk since it was given it.

    :ivar mark: what it had said by then
    """

    console: Console
    serial: str
    mark: Mark

    def hear(self, kind: type[E]) -> E:
        """Wait until the guest has said something of the disk, and return it."""
        return self.console.hear(self.mark, kind, self.serial)

    def is_heard(self) -> bool:
        """Tell whether the guest has said anything of the disk, so that it has it.

        :raises GuestIoError: if the guest says that the disk has failed
        """
        return bool(self.console.since(self.mark, self.serial))

    def records(self) -> int:
        """Return how many records are certainly on the disk.

        :raises GuestIoError: if the guest says that the disk has failed
        """
        events = self.console.since(self.mark, self.serial)
        told = [each.records for each in events if isinstance(each, (Found, Wrote))]
        return told[-1] if told else 0

    def records_later(self) -> int:
        """Wait until the guest has written on; return how many records there were at some time.

        That time is after the call, so no more can have been begun before it.
        """
        now = self.console.said()
        return self.console.hear(now, Wrote, self.serial, _CERTAINLY_LATER).records
