# SPDX-License-Identifier: Apache-2.0
"""Making and cloning encrypted volumes, as operations that a service may die in.

Main classes: :class:`CreateEncryptedVolume` and :class:`CloneEncryptedVolume`. To grow, attach or
delete one is the same as with others: their files are raw ones.
"""

from __future__ import annotations

import functools

from nova_assist.faults.volume_operations import CreateVolume
from nova_assist.scenarios.encrypted_volumes import EncryptedVolumes
from nova_assist.scenarios.tracked import TrackedServer, TrackedVolume


class CreateEncryptedVolume(CreateVolume):
    """Make an empty encrypted volume."""

    @functools.cached_property
    def encrypted(self) -> EncryptedVolumes:
        """The scenario's encrypted volumes."""
        return EncryptedVolumes(self.stage.context, self.stage.volumes)

    @functools.cached_property
    def server(self) -> TrackedServer:
        """Whose guest uses them."""
        return self.stage.servers.create('a')

    def prepare(self) -> None:
        """Make the volume type."""
        _ = self.encrypted

    def repeat(self) -> None:
        """Make another one, and have a guest write to it."""
        super().repeat()
        self.use(next(each for each in self.stage.volumes.all if each.name == 'again'))

    def use(self, volume: TrackedVolume) -> None:
        """Have a guest write to a volume, up to its end."""
        self.stage.servers.attach(self.server, volume)
        self.stage.servers.write_to_the_end(volume)

    def _make(self, name: str) -> None:
        self.encrypted.create(name)


class CloneEncryptedVolume(CreateEncryptedVolume):
    """Clone an encrypted volume that a guest has written to."""

    @functools.cached_property
    def source(self) -> TrackedVolume:
        """What is cloned."""
        volume = self.encrypted.create('source')
        self.use(volume)
        self.stage.servers.detach(volume)
        return volume

    def prepare(self) -> None:
        """Make the source."""
        _ = self.source

    def repeat(self) -> None:
        """See also that the source holds what it did."""
        super().repeat()
        self.use(self.source)

    def _make(self, name: str) -> None:
        self.encrypted.clone(self.source, name)
