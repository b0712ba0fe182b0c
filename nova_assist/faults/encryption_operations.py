# SPDX-License-Identifier: Apache-2.0
"""What is done to encrypted volumes otherwise than to others, as operations to die in.

Main classes: :class:`CreateEncryptedVolume`, :class:`CloneEncryptedVolume`, and those on
snapshots, which are copies. To grow, attach or delete a volume is the same as with others: their
files are raw ones.
"""

from __future__ import annotations

import functools

from nova_assist.faults.operation import Operation
from nova_assist.faults.revert_operation import RevertVolume
from nova_assist.faults.snapshot_operations import CreateSnapshot, DeleteOnly
from nova_assist.faults.volume_operations import CreateVolume
from nova_assist.scenarios.encrypted_volumes import EncryptedVolumes
from nova_assist.scenarios.tracked import TrackedServer, TrackedVolume


class _Encrypted(Operation):
    """An operation on encrypted volumes, whose data only a guest can see."""

    @functools.cached_property
    def encrypted(self) -> EncryptedVolumes:
        """The scenario's encrypted volumes."""
        return EncryptedVolumes(self.stage.context, self.stage.volumes)

    @functools.cached_property
    def server(self) -> TrackedServer:
        """Whose guest uses them."""
        return self.stage.servers.create('a')

    def use(self, volume: TrackedVolume) -> None:
        """Have a guest find what a volume should hold, and write to it, up to its end."""
        self.stage.servers.attach(self.server, volume)
        self.stage.servers.write_to_the_end(volume)

    def written(self, name: str) -> TrackedVolume:
        """Make a volume that a guest has written to."""
        volume = self.encrypted.create(name)
        self.use(volume)
        self.stage.servers.detach(volume)
        return volume


class CreateEncryptedVolume(CreateVolume, _Encrypted):
    """Make an empty encrypted volume."""

    def prepare(self) -> None:
        """Make the volume type."""
        _ = self.encrypted

    def repeat(self) -> None:
        """Make another one, and have a guest write to it."""
        super().repeat()
        self.use(next(each for each in self.stage.volumes.all if each.name == 'again'))

    def _make(self, name: str) -> None:
        self.encrypted.create(name)


class CloneEncryptedVolume(CreateEncryptedVolume):
    """Clone an encrypted volume that a guest has written to."""

    @functools.cached_property
    def source(self) -> TrackedVolume:
        """What is cloned."""
        return self.written('source')

    def prepare(self) -> None:
        """Make the source."""
        _ = self.source

    def repeat(self) -> None:
        """See also that the source holds what it did."""
        super().repeat()
        self.use(self.source)

    def _make(self, name: str) -> None:
        self.encrypted.clone(self.source, name)


class EncryptedVolumeFromSnapshot(CloneEncryptedVolume):
    """Make a volume of a snapshot of an encrypted volume."""

    def prepare(self) -> None:
        """Make the source and its snapshot."""
        self.stage.volumes.snapshot(self.source, 's1')

    def _make(self, name: str) -> None:
        self.encrypted.of_snapshot(self.source.snapshot('s1'), name)


class CreateEncryptedSnapshot(CreateSnapshot, _Encrypted):
    """Take a snapshot of a detached encrypted volume that has one."""

    def prepare(self) -> None:
        """Make the volume and its first snapshot."""
        self.volume = self.written('v1')
        self.stage.volumes.snapshot(self.volume, 's1')

    def repeat(self) -> None:
        """Take another one, and see that a guest finds in both what it should."""
        super().repeat()
        for snapshot in ('s1', 'again'):
            self.use(self.encrypted.of_snapshot(self.target.snapshot(snapshot), f'of-{snapshot}'))
        self.use(self.target)


class DeleteEncryptedSnapshot(DeleteOnly, _Encrypted):
    """Delete the snapshot of an encrypted volume that a guest writes to."""

    def prepare(self) -> None:
        """Make the volume and its snapshot."""
        self.volume = self.written('v1')
        self.stage.volumes.snapshot(self.volume, self.deleted)
        self.use(self.volume)


class RevertEncryptedVolume(RevertVolume, _Encrypted):
    """Revert an encrypted volume to its only snapshot."""

    snapshots = ('s2',)

    def prepare(self) -> None:
        """Make the volume and its snapshot, and write to it."""
        self.volume = self.written('v1')
        self.stage.volumes.snapshot(self.volume, *self.snapshots)
        self.use(self.volume)
        self.stage.servers.detach(self.volume)

    def repeat(self) -> None:
        """See that a guest finds the snapshot's data, write to it, and revert it again."""
        self.use(self.target)
        self.stage.servers.detach(self.target)
        self.act()
        self.use(self.target)
