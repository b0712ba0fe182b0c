# SPDX-License-Identifier: Apache-2.0
"""Volumes that grow before and after their snapshots."""

from __future__ import annotations

from tempest import config
from tempest.lib import decorators

from tempest_plugin.looking import Kind
from tempest_plugin.scenario.disk import Disk
from tempest_plugin.scenario.story import Story

CONF = config.CONF


class ExtendBase(Story):
    """A volume grows by a GiB, and keeps its data."""

    needs_depth = 2
    essential = (Kind.DATA, Kind.SIZE)

    @classmethod
    def skip_checks(cls) -> None:
        """Skip where volumes with snapshots are not extended."""
        super().skip_checks()
        if not CONF.volume_feature_enabled.extend_volume_with_snapshot:
            raise cls.skipException(
                '[volume-feature-enabled] extend_volume_with_snapshot is not set'
            )

    def grow(self, disk: Disk) -> None:
        """Extend a volume, attached or not."""
        status = 'in-use' if disk.writes else 'available'
        size = self.volumes_client.show_volume(disk.id)['volume']['size'] + 1
        self.volumes_client.extend_volume(disk.id, new_size=size)
        self.wait_for_volume(disk.volume, status)
        self.judge(disk, f'after it was extended to {size} GiB')
        if disk.writes:
            self.await_size(disk.volume, size)
        else:
            self.check_size(disk.volume, size)

    def check_sizes_of_snapshots(self, disk: Disk, *gib: int) -> None:
        """Judge how large Cinder says that the snapshots are, the oldest first."""
        shown = [
            self.snapshots_client.show_snapshot(snapshot['id'])['snapshot']['size']
            for snapshot in disk.snapshots
        ]
        self.assertEqual(list(gib), shown, f'sizes of the snapshots of volume {disk.id}')


class ExtendTest(ExtendBase):
    """Volumes that grow while they are detached."""

    @decorators.idempotent_id('dea3fe8d-2cde-4f90-a64a-23a0311b8976')
    def test_extended_before_and_between_snapshots(self) -> None:
        """Each snapshot keeps its own size, the volume the last."""
        disk = self.begin()
        size = disk.volume['size']
        for _ in range(2):
            self.unplug(disk)
            self.grow(disk)
            self.plug(disk)
            self.take(disk)
        self.unplug(disk)
        self.grow(disk)
        self.plug(disk)
        self.check_sizes_of_snapshots(disk, size + 1, size + 2)
        self.judge_snapshots(disk)
        older, newer = disk.snapshots
        self.drop(disk, newer, 'the newest snapshot')
        self.drop(disk, older, 'the older snapshot')
        self.check_size(disk.volume, size + 3)
        self.replug(disk)
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('2dbea100-9c46-45ca-8bf5-ee4812764119')
    def test_smaller_snapshots_are_merged_detached(self) -> None:
        """A larger overlay is merged into a smaller file, which has to grow."""
        disk = self.begin()
        self.take_many(disk, 2)
        self.unplug(disk)
        self.grow(disk)
        oldest, newest = disk.snapshots
        self.drop(disk, oldest, 'the older snapshot')
        self.drop(disk, newest, 'the newest snapshot')
        self.check_size(disk.volume, disk.volume['size'] + 1)
        self.plug(disk)
        self.take(disk)
        self.drop_all(disk)
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('05f39f74-608f-4c07-8d70-44d01d42e938')
    def test_extended_copy_of_an_older_snapshot(self) -> None:
        """A volume made of the middle of a chain grows by itself."""
        disk = self.begin()
        older, _ = self.take_many(disk, 2)
        copy = self.copy_of(older)
        self.grow(copy)
        self.plug(copy, disk.server, disk.bounds(older))
        self.take(copy)
        self.check_size(copy.volume, older['size'] + 1)
        self.check_size(disk.volume, disk.volume['size'])
        self.drop_all(copy)
        self.judge_snapshots(disk)
        self.drop_all(disk)
        self.finish()


class ExtendAttachedTest(ExtendBase):
    """Volumes that grow under a guest."""

    features = ('online', 'extend_attached')
    min_microversion = '2.51'
    volume_min_microversion = '3.42'

    @decorators.attr(type='slow')
    @decorators.idempotent_id('df299162-ae1e-4297-af41-a552e5fe3e42')
    def test_extended_while_attached(self) -> None:
        """The guest's disk grows, with and without a backing file."""
        disk = self.begin()
        self.grow(disk)
        self.take(disk)
        self.grow(disk)
        self.check_sizes_of_snapshots(disk, disk.volume['size'] + 1)
        self.judge_snapshots(disk)
        self.take(disk)
        self.drop_all(disk)
        self.check_size(disk.volume, disk.volume['size'] + 2)
        self.finish()
