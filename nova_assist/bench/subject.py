# SPDX-License-Identifier: Apache-2.0
"""What is measured: something that has volumes and takes snapshots of them.

Main classes: :class:`Subject`, and :class:`Timed`, how long something took. A driver in a cloud is
one, :class:`~nova_assist.bench.clouded.Clouded`; bare calls of QEMU are another,
:class:`~nova_assist.bench.floor.Floor`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Protocol


@dataclasses.dataclass(frozen=True)
class Timed:
    """How an operation went.

    :ivar whole: seconds from the request until its end could be seen by who made it
    :ivar driver: seconds inside the driver alone
    :ivar processes: how many processes that started
    :ivar written: bytes that Cinder and those processes wrote meanwhile
    :ivar syncs: how often Cinder itself had something made durable meanwhile
    :ivar syncing: seconds that this took
    :ivar left: the driver has left it to Cinder, so that the times in it tell nothing
    :ivar moments: when what happened, in seconds from the request, by name
    """

    whole: float
    driver: float
    processes: int = 0
    written: int = 0
    syncs: int = 0
    syncing: float = 0.0
    left: bool = False
    moments: dict[str, float] = dataclasses.field(default_factory=dict)


class Subject(Protocol):
    """Something with volumes; those and their snapshots are known by ids of its own."""

    def volume(self, gib: int = 1) -> str:
        """Make an empty volume of so many GiB."""

    def attach(self, volume: str) -> None:
        """Have a guest use a volume."""

    def create_snapshot(self, volume: str) -> tuple[str, Timed]:
        """Take a snapshot; returns its id, too."""

    def write(self, volume: str, size: int) -> None:
        """Write so many bytes to the start of a detached volume that has a snapshot, durably."""

    def delete_snapshot(self, volume: str, snapshot: str) -> Timed:
        """Delete a snapshot."""

    def remove(self, volume: str) -> None:
        """Detach a volume if it is attached, and delete it with its snapshots."""


class Driver(Subject, Protocol):
    """A driver in a Cinder."""

    def snapshot_all(self, volumes: Sequence[str]) -> float:
        """Take a snapshot of each volume at once; returns the seconds until all are there."""

    def delete_all(self, volumes: Sequence[str]) -> float:
        """Delete the newest snapshot of each volume at once; returns the seconds it takes."""

    def delete_slowly(self, volume: str, snapshot: str, seconds: float) -> Sequence[float]:
        """Delete a snapshot of an attached volume, for which Nova takes so long.

        :return: when the driver asked how far that is, in seconds since Nova began
        """

    def make(self) -> tuple[str, Timed]:
        """Make an empty volume; returns its id, too."""

    def clone(self, volume: str) -> tuple[str, Timed]:
        """Make a volume of another one; returns its id, too."""

    def copy(self, snapshot: str) -> tuple[str, Timed]:
        """Make a volume of a snapshot; returns its id, too."""

    def extend(self, volume: str, gib: int) -> Timed:
        """Grow a volume to so many GiB."""

    def extends_attached(self) -> bool:
        """Tell whether the driver says that it grows volumes that a guest has open."""

    def revert(self, volume: str, snapshot: str) -> Timed:
        """Give a detached volume the data of its newest snapshot again."""

    def delete(self, volume: str) -> Timed:
        """Delete a volume without snapshots."""

    def fill(self, count: int) -> None:
        """Have at least so many volumes on the share, in the database as well."""

    def capacity(self) -> float:
        """Have the driver tell its capacities; returns the seconds that it takes."""

    def bare_sums(self) -> float:
        """Ask database and file system for the same; returns the seconds that it takes."""
