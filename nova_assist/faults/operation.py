# SPDX-License-Identifier: Apache-2.0
"""An operation that a service may die in: how it is prepared, done, looked after, and done again.

Main class: :class:`Operation`. The operations themselves are left to
:mod:`nova_assist.faults.snapshot_operations` and its neighbours.
"""

from __future__ import annotations

import abc

from nova_assist.faults.victims import Victim
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.tracked import TrackedVolume


class Operation(abc.ABC):
    """One operation on a stage of its own.

    :cvar victim: who dies
    :cvar at_start: it is the start of the service that is interrupted
    :cvar moves: the volume goes to the backends of the other formats, too
    :ivar volume: the volume that is there before and has to be afterwards, if there is one
    """

    victim = Victim.CINDER
    at_start = False
    moves = False

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.volume: TrackedVolume | None = None

    @abc.abstractmethod
    def prepare(self) -> None:
        """Make what the operation is done to."""

    @abc.abstractmethod
    def act(self) -> None:
        """Do it, to its end.

        :raises StepFailed: the service has died, or it did not end well
        """

    def revive(self) -> None:  # noqa: B027 - most have nothing to do
        """Bring back what has died with the service, which runs again, if anything has."""

    @abc.abstractmethod
    def survey(self) -> None:
        """See, once the service runs again, that nothing is stuck; correct the models.

        :raises StepFailed: something is under way for ever
        """

    def settle(self) -> None:  # noqa: B027 - most have nothing to do
        """Do what has to come before the judges look."""

    @abc.abstractmethod
    def repeat(self) -> None:
        """Remove what has failed, and do it again, to its end.

        :raises StepFailed: it can't be repeated
        """

    def _written_volume(self, *, online: bool = False) -> TrackedVolume:
        """Make the volume, write to it, and have a guest write on if that is asked for."""
        self.volume = self.stage.volumes.create('v1')
        self.stage.volumes.write(self.volume)
        if online:
            self.stage.servers.attach(self.stage.servers.create('a'), self.volume)
            self.stage.servers.start_writing(self.volume)
        return self.volume
