# SPDX-License-Identifier: Apache-2.0
"""How a cloud's guests are made to use their disks, and how what they do is known.

Main class: :class:`Guests`. Each kind of cloud has a kind of guests:
:class:`~nova_assist.scenarios.commanded.CommandedGuests` do what they are told,
:class:`~nova_assist.remote.guests.ConsoleGuests` write by themselves and tell of it.
"""

from __future__ import annotations

import abc
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from nova_assist.checks import scene
from nova_assist.checks.judging import Judgement
from nova_assist.checks.model import History
from nova_assist.checks.pattern import Write
from nova_assist.scenarios.errors import NotPossible

if TYPE_CHECKING:
    from nova_assist.scenarios.tracked import TrackedServer, TrackedVolume
    from nova_assist.scenarios.volumes import Volumes


class Writer(Protocol):
    """What writes to one attached volume, and counts its writes."""

    def acknowledged(self) -> int:
        """Return how many writes are certainly done.

        :raises GuestIoError: if one failed
        """

    def issued(self) -> int:
        """Return how many writes there can be at most that were sent before this call.

        :raises GuestIoError: if one failed
        """

    def pause(self) -> None:
        """Stop writing for a while and flush; when this returns, nothing is in flight.

        :raises GuestIoError: if a write since the last pause, or the flush, failed
        """

    def resume(self) -> None:
        """Go on writing."""

    def close(self) -> None:
        """End writing, as far as anybody can tell the guest to.

        :raises GuestIoError: if a write since the last pause failed
        """


class Guests(abc.ABC):
    """The guests of one scenario's servers.

    :ivar image: the id of the image that they boot
    :ivar flavor: the id of their servers' flavor
    """

    image: str
    flavor: str

    @abc.abstractmethod
    def history(self, name: str, start: Mapping[int, Write] | None = None) -> History:
        """Return the history of a new volume, which begins with the blocks ``start``."""

    @abc.abstractmethod
    def disks(self, server: TrackedServer) -> Mapping[str, scene.GuestDisk] | None:
        """Return what a running server has open, by volume id; ``None`` if nobody can tell.

        :raises StepFailed: if nobody tells
        """

    @abc.abstractmethod
    def start_writing(self, volume: TrackedVolume) -> None:
        """Let the guest write to its disk from now on, and give the volume its writer.

        :raises StepFailed: if the guest doesn't have the disk, or finds other data on it
        :raises GuestIoError: if the disk can't be opened
        """

    @abc.abstractmethod
    def write_at_rest(self, volume: TrackedVolume) -> None:
        """Write something to a volume that is not in use, which is free again afterwards.

        :raises StepFailed: if a request is refused, or somebody is told the wrong file
        :raises GuestIoError: if a write fails
        """

    @abc.abstractmethod
    def need_command(self) -> None:
        """See that what is written, and where, is up to the story.

        :raises NotPossible: if it isn't
        """

    @abc.abstractmethod
    def await_size(self, volume: TrackedVolume) -> None:
        """Wait until the guest's disk is as large as its volume.

        :raises StepFailed: if it isn't within the deadline
        """

    @abc.abstractmethod
    def await_refresh(self, volume: TrackedVolume) -> None:
        """Wait until a server's next start opens the file that Cinder's attachment names.

        :raises StepFailed: if it doesn't within the deadline
        """

    def booting(self, server: TrackedServer) -> None:  # noqa: B027 - few need to know
        """Learn that a server is about to start, again or for the first time."""

    def booted(self, server: TrackedServer) -> None:  # noqa: B027
        """Wait until the guest of a server that has been started is up.

        :raises NotPossible: if it can't be heard
        """

    def plugging(self, server: TrackedServer, volume: TrackedVolume) -> None:  # noqa: B027
        """Learn that a volume is about to be attached."""

    def unplugged(self, volume: TrackedVolume) -> None:  # noqa: B027
        """Wait until the guest has let go of a volume that was detached.

        :raises GuestIoError: if it had an error on the disk
        """

    def look(self, volumes: Volumes, shown: Sequence[scene.Volume]) -> Judgement:
        """Judge volumes whose files nobody sees.

        :raises NotPossible: if these guests can't
        """
        raise NotPossible("the volumes' files are not seen, and these guests don't read them")

    def before_look(self, volumes: Iterable[TrackedVolume]) -> None:  # noqa: B027
        """Learn what judges have to know of volumes that they are about to look at."""
