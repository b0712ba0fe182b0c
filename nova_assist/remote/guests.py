# SPDX-License-Identifier: Apache-2.0
"""Guests that nobody can command, as there is no way to them: they write records by themselves.

Main class: :class:`ConsoleGuests`. The image that they boot has the console guest, which looks at
each disk that it gets, adds numbered records to it, and tells of both on its console. To keep one
from writing its server is paused. What is written in which order is known by
:mod:`nova_assist.checks.records`.
"""

from __future__ import annotations

import collections
import contextlib
from collections.abc import Iterable, Mapping, Sequence

from console_guest.blocks import most_records
from console_guest.protocol import Boot, Found, Gone, Wrote, serial_of
from nova_assist.checks import errors, record
from nova_assist.checks.judging import Judgement
from nova_assist.checks.model import History, Within
from nova_assist.checks.pattern import Write
from nova_assist.checks.reader import ImageSource
from nova_assist.checks.records import RecordHistory, Stamps, writes
from nova_assist.checks.scene import GuestDisk, Volume
from nova_assist.remote import finding
from nova_assist.remote.console import Console, Line, Mark
from nova_assist.remote.hearing import Hearing
from nova_assist.scenarios.context import Context
from nova_assist.scenarios.errors import NotPossible, TookTooLong
from nova_assist.scenarios.guests import Guests
from nova_assist.scenarios.servers import Servers
from nova_assist.scenarios.tracked import TrackedServer, TrackedVolume
from nova_assist.scenarios.volumes import Volumes


class ConsoleGuests(Guests):
    """The guests of one scenario's servers.

    :param image: the id of the image that has the console guest
    :param flavor: the id of the flavor to boot it with
    :param stamps: told whose the blocks on the volumes are
    """

    def __init__(self, context: Context, image: str, flavor: str, stamps: Stamps) -> None:
        self.image = image
        self.flavor = flavor
        self._context = context
        self._stamps = stamps
        self._servers = Servers(context, self)
        self._lines: dict[str, tuple[TrackedServer, Line]] = {}
        self._marks: dict[str, Mark] = {}
        self._consoles: dict[str, Console] = {}
        self._pauses: collections.Counter[str] = collections.Counter()
        self._paused: set[str] = set()
        self._host: TrackedServer | None = None

    def history(self, name: str, start: Mapping[int, Write] | None = None) -> History:
        """Return the history of a new volume."""
        return RecordHistory(name, start)

    def disks(self, server: TrackedServer) -> Mapping[str, GuestDisk] | None:
        """Return nothing: Nova doesn't tell which files QEMU has open."""
        return None

    def booting(self, server: TrackedServer) -> None:
        """Learn what the guest has said before it starts anew."""
        again = server.id in self._marks
        mark = self._marks[server.id] = self._console(server).said() if again else ()
        for volume, (holder, line) in self._lines.items():
            if holder is server:
                self._lines[volume] = (server, Line(line.console, line.serial, mark))

    def booted(self, server: TrackedServer) -> None:
        """Wait until the guest says that it is up."""
        mark = self._marks[server.id]
        try:
            self._console(server).hear(mark, Boot)
        except TookTooLong as error:
            if mark:
                raise
            raise NotPossible(
                f'server {server.name} runs, but its console shows nothing of the console guest '
                f'({error}): boot the image that has it (--image), with a flavor that it fits in '
                '(--flavor)'
            ) from error

    def plugging(self, server: TrackedServer, volume: TrackedVolume) -> None:
        """Learn what the guest has said before it gets a disk."""
        console = self._console(server)
        line = Line(console, serial_of(volume.id), console.said())
        self._lines[volume.id] = (server, line)

    def unplugged(self, volume: TrackedVolume) -> None:
        """Wait until the guest has noticed that a disk is gone; remember what it had written.

        The guest of a server that is off notices nothing.
        """
        server, line = self._lines[volume.id]
        if server.running:
            line.hear(Gone)
        _bound(volume, writes(line.records()))
        del self._lines[volume.id]

    def start_writing(self, volume: TrackedVolume) -> None:
        """Hear what the guest has found on its disk, which it writes to already."""
        server, line = self._lines[volume.id]
        found = line.hear(Found)
        expected = volume.data()
        finding.require(volume.name, found, expected)
        if isinstance(expected, Within) and volume.unsettled is not None:
            volume.history = RecordHistory(expected.history.origin)
            volume.unsettled = None
        _bound(volume, writes(found.records))
        line.hear(Wrote)
        volume.writer = _ConsoleWriter(self, server, line, volume)

    def write_at_rest(self, volume: TrackedVolume) -> None:
        """Attach a volume to a server that is there for this, until it has written; detach it."""
        self._begin_at_rest(volume)
        self._lines[volume.id][1].records_later()
        self._servers.detach(volume)

    def read(self, volume: TrackedVolume) -> Mapping[int, Write]:
        """Have the guest of such a server read a volume; it adds some records, unavoidably.

        :returns: what it found
        :raises StepFailed: if that isn't what has to be there
        :raises GuestIoError: if it can't be read
        """
        self._begin_at_rest(volume)
        found = volume.history.state(volume.history.acknowledged)
        self._servers.detach(volume)
        return found

    def _begin_at_rest(self, volume: TrackedVolume) -> None:
        self._host = self._host or self._servers.create('writer')
        self._servers.attach(self._host, volume)
        self.start_writing(volume)

    def need_command(self) -> None:
        """Say that nobody can tell these guests anything."""
        raise NotPossible(
            'the story says what is written where, but the guests of this cloud write by '
            'themselves'
        )

    def await_size(self, volume: TrackedVolume) -> None:
        """Say that nobody can ask these guests anything."""
        self.need_command()

    def await_refresh(self, volume: TrackedVolume) -> None:
        """Wait for a second: Nova tells nobody when it has done so, but is fast.

        It looks every half a second for the end of a snapshot; the guest's second line from now
        on is at least one second away.
        """
        self._lines[volume.id][1].records_later()

    def look(self, volumes: Volumes, shown: Sequence[Volume]) -> Judgement:
        """Judge volumes by what guests find on them."""
        return Hearing(volumes, self.read).judge(shown)

    def before_look(self, volumes: Iterable[TrackedVolume]) -> None:
        """Learn the stamps of volumes that were written to for the first time."""
        for volume in volumes if self._context.seen else ():
            history = volume.history
            if history.issued and not self._stamps.knows(history.origin):
                with contextlib.suppress(errors.CheckError):  # which a judge runs into as well
                    self._learn(volume)

    def _learn(self, volume: TrackedVolume) -> None:
        share, file = self._context.share, volume.file
        active = record.read(share, file).active
        image_format = volume.image_format if active == file else 'qcow2'
        content = self._context.reader.read(ImageSource(str(share / active), image_format))
        self._stamps.learn(volume.history.origin, content.blocks.get(0))

    def _console(self, server: TrackedServer) -> Console:
        return self._consoles.setdefault(server.id, Console(self._context, server))

    def pause(self, server: TrackedServer) -> None:
        """Keep a server's guest from writing, until as many have let it go on as have paused it.

        Before that it has to have written on to all disks that it has. QEMU ends all requests and
        flushes its caches before it says that it is paused. Where nobody sees the files there is
        no need for a pause.
        """
        self._pauses[server.id] += 1
        if self._pauses[server.id] > 1:
            return
        for holder, line in list(self._lines.values()):
            if holder is server and line.is_heard():
                line.records_later()
        if self._context.seen is not None:
            self._servers.pause(server)
            self._paused.add(server.id)

    def unpause(self, server: TrackedServer) -> None:
        """Let a server go on, if it was paused."""
        self._pauses[server.id] -= 1
        if not self._pauses[server.id] and server.id in self._paused:
            self._paused.remove(server.id)
            self._servers.unpause(server)


class _ConsoleWriter:
    """The guest's own writing to one disk."""

    def __init__(
        self, guests: ConsoleGuests, server: TrackedServer, line: Line, volume: TrackedVolume
    ) -> None:
        self._guests = guests
        self._server = server
        self._line = line
        self._volume = volume

    def acknowledged(self) -> int:
        """Return how many writes the guest has said to be done."""
        done = writes(self._line.records())
        _bound(self._volume, done)
        return done

    def issued(self) -> int:
        """Return how many writes there were once the guest has written on."""
        return writes(self._line.records_later())

    def pause(self) -> None:
        """Pause the server."""
        self._guests.pause(self._server)
        self.acknowledged()

    def resume(self) -> None:
        """Let the server go on; the guest may write as much as there is room for."""
        self._guests.unpause(self._server)
        _bound(self._volume, 0)

    def close(self) -> None:
        """Remember what was written; the guest goes on while it has the disk."""
        self.acknowledged()


def _bound(volume: TrackedVolume, least: int) -> None:
    """Note how many writes there were to a volume that a guest has; there may be many more."""
    if isinstance(volume.history, RecordHistory):
        volume.history.bound(least, writes(most_records(volume.size)))
