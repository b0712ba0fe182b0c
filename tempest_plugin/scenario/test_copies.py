# SPDX-License-Identifier: Apache-2.0
"""Volumes made of snapshots and of volumes."""

from __future__ import annotations

from tempest import config
from tempest.lib import decorators

from tempest_plugin.looking import Kind
from tempest_plugin.scenario.disk import Disk
from tempest_plugin.scenario.ledger import Bounds
from tempest_plugin.scenario.story import Story

CONF = config.CONF


class VolumeFromSnapshotTest(Story):
    """A copy of what an attached volume held at the time of a snapshot."""

    needs_depth = 2

    @decorators.idempotent_id('8c567d05-f074-4714-bf0a-29797b4e4dcf')
    def test_copy_in_a_second_server(self) -> None:
        """It has what was written before the request, and nothing from after it."""
        disk = self.begin()
        snapshot = self.take(disk)
        copy = self.copy_of(snapshot)
        self.plug(copy, self.create_server(), disk.bounds(snapshot))
        self.hear(disk)
        self.drop(disk, snapshot)
        self.replug(copy)
        self.replug(disk)
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('e1240ec2-404e-4f42-be62-99ba0f56ba98')
    def test_copy_has_snapshots_of_its_own(self) -> None:
        """A copy's life has nothing to do with its source's."""
        disk = self.begin()
        snapshot = self.take(disk)
        copy = self.copy_of(snapshot)
        self.plug(copy, disk.server, disk.bounds(snapshot))
        self.take_many(copy, 2)
        self.drop(disk, snapshot)
        self.judge_snapshots(copy)
        self.drop_all(copy)
        self.replug(disk)
        self.finish()


class LargerCopyTest(Story):
    """A copy that may be larger than the snapshot."""

    essential = (Kind.DATA, Kind.SIZE)

    @decorators.idempotent_id('359b3aaa-31cf-498b-865f-92742b3bfdc5')
    def test_larger_copy(self) -> None:
        """The copy is as large as was asked for, with each chain that it comes to have."""
        disk = self.begin()
        snapshot = self.take(disk)
        size = disk.volume['size'] + 1
        copy = self.copy_of(snapshot, size=size)
        self.check_size(copy.volume, size)
        self.plug(copy, disk.server, disk.bounds(snapshot))
        self.take(copy)
        self.check_size(copy.volume, size)
        self.drop_all(copy)
        self.check_size(copy.volume, size)
        self.finish()


class CloneBase(Story):
    """Volumes made of volumes."""

    @classmethod
    def skip_checks(cls) -> None:
        """Skip where volumes are not cloned."""
        super().skip_checks()
        if not CONF.volume_feature_enabled.clone:
            raise cls.skipException('[volume-feature-enabled] clone is not set')

    def clone_of(self, disk: Disk, size: int) -> Disk:
        """Clone a volume."""
        clone = Disk(self.create_volume(source_volid=disk.id, size=size))
        self.judge(clone, 'after it was cloned')
        self.judge(disk, 'after a clone was made of it')
        return clone


class CloneTest(CloneBase):
    """Clones of detached volumes."""

    needs_depth = 2

    @decorators.idempotent_id('27973778-6c33-4613-8fc9-ba8e9d88c877')
    def test_clone_of_a_volume_with_snapshots(self) -> None:
        """The clone has all data of the chain, and none of the snapshots."""
        disk = self.begin()
        server = disk.server
        self.take_many(disk, 2)
        self.unplug(disk)
        clone = self.clone_of(disk, disk.volume['size'])
        self.plug(clone, server, Bounds(disk.ledger.least))
        self.plug(disk)
        self.take(clone)
        self.drop_all(clone)
        self.drop_all(disk)
        self.finish()


class LargerCloneTest(CloneBase):
    """Clones that may be larger than what they are made of."""

    essential = (Kind.DATA, Kind.SIZE)

    @decorators.attr(type='slow')
    @decorators.idempotent_id('80ee6ed9-73c1-4feb-b8bf-f52c611c42eb')
    def test_larger_clone(self) -> None:
        """A clone may be larger, and then is."""
        disk = self.begin()
        server = disk.server
        self.take(disk)
        self.unplug(disk)
        size = disk.volume['size'] + 1
        clone = self.clone_of(disk, size)
        self.check_size(clone.volume, size)
        self.plug(clone, server, Bounds(disk.ledger.least))
        self.finish()


class CloneAttachedTest(CloneBase):
    """Clones of volumes that a guest writes to."""

    features = ('online', 'clone_attached')

    @decorators.attr(type='slow')
    @decorators.idempotent_id('8907739f-25ff-46b8-84a4-c38bf8903060')
    def test_clone_of_an_attached_volume(self) -> None:
        """It is like a volume made of a snapshot, which is not there any more afterwards."""
        disk = self.begin()
        server = disk.server
        self.take(disk)
        least = disk.ledger.least
        clone = self.clone_of(disk, disk.volume['size'])
        self.plug(clone, server, Bounds(least, disk.ledger.least))
        self.judge_snapshots(disk)
        self.drop_all(disk)
        self.finish()
