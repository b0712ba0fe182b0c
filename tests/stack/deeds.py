# SPDX-License-Identifier: Apache-2.0
"""What is done to servers and volumes of a stack, and the waiting for it.

Main class: :class:`Deeds`. In which order, and to which end, is left to the stories.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from console_guest import protocol
from console_guest.protocol import Boot, Event, Failed, Found, Gone, Wrote
from nova_assist.cloud.tempest_conf import CONSOLE_GUEST
from tests.asking import Asking
from tests.stack.contents import FLAVORS
from tests.stack.errors import StoryError
from tests.stack.settings import BACKEND, Settings
from tests.stack.stack import Stack
from tests.statuses import FAILED, status

#: Seconds that anything may take; in the lab all takes ten times as long.
_PATIENCE = 600.0
_PAUSE_SECONDS = 0.5
#: Seconds between two looks at what does not last.
LOOK_SECONDS = 0.02
#: Seconds after which an operation that has not ended is taken for stuck.
SETTLE_SECONDS = 300.0
_UNDER_WAY = ('creating', 'deleting')
_ASSISTED = '/v2.1/os-assisted-volume-snapshots'

E = TypeVar('E', bound=Event)


class Deeds(Asking):
    """All of them on one stack; each raises :class:`StoryError` if it does not come about."""

    def __init__(self, stack: Stack, settings: Settings) -> None:
        super().__init__(stack.cloud.cinder, stack.cloud.nova, BACKEND)
        self._stack = stack
        self._settings = settings

    def boot(self, name: str) -> Any:
        """Boot a server with the guest that writes and tells of it, without a network."""
        images = {image.name: image for image in self.nova.glance.list()}
        server = self.start(name, images[CONSOLE_GUEST].id, next(iter(FLAVORS)))
        self.hear(server, (), Boot)
        return server

    def attach(self, server: Any, volume: Any) -> Found:
        """Attach a volume, and return what the guest has found on it, once it writes."""
        before = self.said(server)
        self.connect(server, volume)
        found = self.hear(server, before, Found, volume)
        self.written(server, volume)
        return found

    def detach(self, server: Any, volume: Any) -> int:
        """Detach a volume, and return how many records the guest is known to have written."""
        before = self.said(server)
        self.disconnect(server, volume)
        self.hear(server, before, Gone, volume)
        return self.told(server, volume)

    def told(self, server: Any, volume: Any) -> int:
        """Return how many records the guest has said that it wrote to a volume."""
        serial = protocol.serial_of(volume.id)
        wrote = (each for each in self.said(server) if isinstance(each, Wrote))
        return max((each.records for each in wrote if each.serial == serial), default=0)

    @contextlib.contextmanager
    def reaching_nova(self, method: str) -> Iterator[None]:
        """Wait in the end until Cinder has asked Nova: ``POST`` to create, ``DELETE`` to delete.

        It can be waited for while nova-compute is held up: what is read is the log of Nova's API.
        """
        log = self._settings.places.log('nova-api')
        asked = functools.partial(_count, log, f'"{method} {_ASSISTED}')
        before = asked()
        yield
        self.until('a request to Nova', asked, lambda now: now > before, pause=LOOK_SECONDS)

    def end(self, snapshot: Any, seconds: float = SETTLE_SECONDS, survived: bool = True) -> Any:
        """Wait until a snapshot is on its way to no other status, and return its status.

        :param survived: whether the cinder-volume that was asked for it still runs.
        """
        found = self.until(
            'an end of the operation',
            lambda: status(self.cinder.volume_snapshots, snapshot),
            lambda now: now not in _UNDER_WAY,
            seconds,
        )
        if found == 'error_deleting' and survived:
            self.until("the end of Cinder's part", lambda: self._let_go(snapshot), bool)
        return found

    def _let_go(self, snapshot: Any) -> bool:
        """Tell whether Cinder has ended a deletion, too; Nova sets the status before it has.

        It would set the status once more, after somebody has seen and reset it.
        """
        log, lock = self._settings.places.log('cinder-volume'), f'{snapshot.id}-delete_snapshot"'
        return _count(log, f'{lock} released') == _count(log, f'{lock} acquired')

    def written(self, server: Any, volume: Any) -> None:
        """Wait until the guest has written on: the first line may have been on its way."""
        for _ in range(2):
            self.hear(server, self.said(server), Wrote, volume)

    @property
    def share(self) -> Path:
        """The share's folder, as the server has it, seen from outside."""
        root = Path(f'/proc/{self._stack.namespace.first}/root')
        return root / self._settings.exported.relative_to('/')

    def files(self, volume: Any) -> Sequence[Path]:
        """Return the files of a volume."""
        return sorted(path for path in self.share.iterdir() if volume.id in path.name)

    def await_status(self, manager: Any, thing: Any, wanted: str | None) -> None:
        """Wait for a status, ``None`` for the thing to be gone."""
        what = f'{thing.id} {wanted or "gone"}'
        found = self.until(
            what,
            lambda: status(manager, thing),
            lambda now: now == wanted or now in FAILED,
        )
        if found != wanted:
            raise StoryError(f'{what}: it is {found}; see {self._settings.places.logs}')

    def said(self, server: Any) -> tuple[Event, ...]:
        """Return what the guest has said since it booted."""
        return protocol.parse(self.nova.servers.get_console_output(server.id))

    def hear(self, server: Any, before: tuple[Event, ...], kind: type[E], volume: Any = None) -> E:
        """Wait for what the guest says, of a volume if one is given, and return it."""
        serial = protocol.serial_of(volume.id) if volume else None

        def look() -> list[Event]:
            new = protocol.since(before, self.said(server))
            return [event for event in new if getattr(event, 'serial', None) == serial]

        what = f'"{kind.__name__.lower()}" on the console of server {server.id}'
        heard = self.until(
            what, look, lambda events: any(isinstance(each, (kind, Failed)) for each in events)
        )
        for event in heard:
            if isinstance(event, Failed):
                raise StoryError(f'the guest says of {event.serial}: {event.text}')
        return next(event for event in heard if isinstance(event, kind))

    def until(
        self,
        what: str,
        look: Callable[[], Any],
        arrived: Callable[[Any], bool],
        seconds: float = _PATIENCE,
        pause: float = _PAUSE_SECONDS,
    ) -> Any:
        """Look until what is found has arrived, and return it."""
        deadline = time.monotonic() + seconds
        while not arrived(found := look()):
            self._stack.supervisor.check()
            if time.monotonic() > deadline:
                raise StoryError(f'not {what} after {seconds:.0f} s, but {found}')
            time.sleep(pause)
        return found


def _count(log: Path, words: str) -> int:
    return log.read_text(errors='replace').count(words)


def expect(found: Found, least: int, most: int | None = None) -> None:
    """See that a guest has found what it should.

    :param least: how many records, at least.
    :param most: how many at most, if there is such a number.
    :raises StoryError: it hasn't.
    """
    wrong = found.bad or found.records < least or (most is not None and found.records > most)
    if wrong:
        wanted = f'at least {least}' if most is None else f'{least} to {most}'
        raise StoryError(
            f'the guest found {found.records} records and {found.bad} bad blocks; expected '
            f'{wanted} records, none bad'
        )
