# SPDX-License-Identifier: Apache-2.0
"""Retyping a volume, which moves it to another backend, as an operation that a service may die in.

Main class: :class:`RetypeVolume`. It is the source's service that dies; in the embedded cloud the
target's is in the same process.
"""

from __future__ import annotations

from nova_assist.faults import survivors
from nova_assist.faults.snapshot_operations import OnVolume
from nova_assist.scenarios.retypes import Retypes


class RetypeVolume(OnVolume):
    """Retype a volume to the other format, whose active file is not its base."""

    moves = True

    def prepare(self) -> None:
        """Make the volume, and delete a snapshot of it while a server has it."""
        super().prepare()
        servers, volumes, volume = self.stage.servers, self.stage.volumes, self.target
        servers.attach(servers.create('a'), volume)
        volumes.snapshot(volume, 's1')
        volumes.delete_snapshot(volume, 's1')
        servers.detach(volume)
        volumes.write(volume)
        self._retypes = Retypes(self.stage.context, volumes, volume)

    def act(self) -> None:
        """Retype it."""
        self._retypes.retype()

    def survey(self) -> None:
        """See that it is in one backend or the other, and usable there."""
        found = survivors.volume(self.stage.context, self.target.name, 'retyping')
        if found.status != 'available':
            raise survivors.stuck(f'volume {self.target.name}', found.status)
        self._retypes.take_up()

    def repeat(self) -> None:
        """Give it the type of the backend that it is in; write to it, and retype it again."""
        self._retypes.settle()
        self.stage.volumes.write(self.target)
        self.act()

    def clear(self) -> None:
        """Do nothing: a volume whose retype has failed is as usable as before."""
