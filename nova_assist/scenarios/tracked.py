# SPDX-License-Identifier: Apache-2.0
"""What a scenario has made: volumes with their models, servers, and how to remove each.

Main classes: :class:`TrackedVolume` and :class:`Made`. Making and removing is left to
:mod:`nova_assist.scenarios.volumes` and :mod:`nova_assist.scenarios.servers`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

from nova_assist.checks.model import Exactly, Expectation, History, Within
from nova_assist.scenarios.errors import StepFailed
from nova_assist.scenarios.guests import Writer

#: The format of encrypted volumes.
LUKS = 'luks'


@dataclasses.dataclass
class TrackedSnapshot:
    """A snapshot and what it should hold; ``seen`` once its data was found right.

    ``data`` is ``None`` where nobody knows, as after a deletion that was interrupted.
    """

    id: str
    name: str
    data: Expectation | None
    seen: bool = False

    def expected(self) -> Expectation:
        """Return what it may hold.

        :raises StepFailed: nobody knows
        """
        if self.data is None:
            fault = f'what {self.name} holds is unknown, and so what is made of it'
            raise StepFailed(fault, 'a snapshot that was taken whole', 'another')
        return self.data

    def known(self) -> Exactly:
        """Return what it holds, which judges have to have seen.

        :raises StepFailed: if they haven't
        """
        if not isinstance(self.data, Exactly):
            fault = f"what is made of {self.name} can't be judged before the snapshot itself is"
            raise StepFailed(fault, 'a judged snapshot', 'one never judged')
        return self.data


@dataclasses.dataclass
class TrackedServer:
    """A server; ``running`` is what the scenario last made of it."""

    id: str
    name: str
    running: bool = True


@dataclasses.dataclass
class TrackedVolume:
    """A volume, every write to it, and its snapshots, oldest first; ``size`` in bytes.

    ``blocks`` are those that are written. ``server`` is where it is attached, ``writer`` who is
    writing to it there. ``share`` is the folder with its files, where there are several.
    ``unsettled`` is what a clone may hold whose source was being written to, until judges have
    seen which. ``name_id`` is the id that its files bear, if not its own; ``image_format`` is what
    it was made as, or moved as: raw, qcow2, or ``luks`` for an encrypted one, a raw file whose
    ``header``, of so many bytes, guests don't see.
    """

    id: str
    name: str
    size: int
    history: History
    blocks: list[int]
    snapshots: list[TrackedSnapshot] = dataclasses.field(default_factory=list)
    server: TrackedServer | None = None
    writer: Writer | None = None
    unsettled: Within | None = None
    share: Path | None = None
    name_id: str = ''
    image_format: str = 'raw'
    header: int = 0

    @property
    def file(self) -> str:
        """The name of the file that it was made as."""
        return f'volume-{self.name_id or self.id}'

    @property
    def encrypted(self) -> bool:
        """Whether its file holds what only its key makes data of."""
        return self.image_format == LUKS

    @property
    def disk_size(self) -> int:
        """How many bytes a guest's disk has."""
        return self.size - self.header

    def data(self) -> Expectation:
        """Return what the volume should hold now; only while nobody is writing.

        A write that failed doesn't count.
        """
        return self.unsettled or self.history.expected(self.size)

    def settle(self, data: Exactly) -> None:
        """Take what judges have found for what an unsettled clone's history begins with."""
        self.history = self.history.settled(data.blocks, begins=self.unsettled is not None)
        self.unsettled = None

    def acknowledged(self) -> int:
        """Return how many writes to it are certainly done.

        :raises GuestIoError: if one failed
        """
        return self.writer.acknowledged() if self.writer else self.history.acknowledged

    def since(self, low: int) -> Expectation:
        """Return what a copy holds that was made by now.

        :param low: how many writes were certainly done when it was asked for
        :raises GuestIoError: if a write failed
        """
        if self.writer is None:
            return self.data()
        return Within(self.size, self.history, low, self.writer.issued())

    def attached_to(self) -> TrackedServer:
        """Return the server that has it.

        :raises StepFailed: none has
        """
        if self.server is None:
            raise StepFailed(f'volume {self.name} is attached nowhere', 'a server', 'none')
        return self.server

    def snapshot(self, name: str) -> TrackedSnapshot:
        """Return the snapshot of that name; the scenario has made it."""
        return next(snapshot for snapshot in self.snapshots if snapshot.name == name)


class Made:
    """Everything made and not yet removed, and how to remove it, last in first out."""

    def __init__(self) -> None:
        """Start with nothing made."""
        self._removals: dict[str, tuple[str, Callable[[], None]]] = {}

    def add(self, key: str, name: str, remove: Callable[[], None]) -> None:
        """Remember that ``name`` was made; ``remove`` removes it, and calls :meth:`drop`."""
        self._removals[key] = (name, remove)

    def drop(self, key: str) -> None:
        """Forget what has been removed."""
        self._removals.pop(key, None)

    def unwind(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Yield names and removals, the last made first, each once, forgetting them."""
        while self._removals:
            _, removal = self._removals.popitem()
            yield removal
