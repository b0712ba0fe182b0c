# SPDX-License-Identifier: Apache-2.0
"""Snapshots taken by Cinder alone and deleted with the help of Nova, and the other way."""

from __future__ import annotations

from tempest.lib import decorators

from tempest_plugin.scenario.story import Story


class MixedTest(Story):
    """A volume that is attached and detached between its snapshots."""

    needs_depth = 3

    @decorators.attr(type='smoke')
    @decorators.idempotent_id('ff7b5240-f478-4255-9d6a-bccc2cc13482')
    def test_taken_detached_and_deleted_attached(self) -> None:
        """The guest opens a chain that Cinder made; its parts are merged under it."""
        disk = self.begin()
        self.unplug(disk)
        self.take_many(disk, 2)
        self.plug(disk)
        older, newer = disk.snapshots
        self.judge_snapshots(disk)
        self.drop(disk, older, 'the older snapshot')
        self.drop(disk, newer, 'the newest snapshot')
        self.replug(disk)
        self.finish()

    @decorators.idempotent_id('751b82c4-41ae-4324-93bf-8af1c99e9301')
    def test_taken_attached_and_deleted_detached(self) -> None:
        """Cinder merges what the guest has left."""
        disk = self.begin()
        older, newer = self.take_many(disk, 2)
        self.unplug(disk)
        self.judge_snapshots(disk)
        self.drop(disk, newer, 'the newest snapshot')
        self.drop(disk, older, 'the older snapshot')
        self.plug(disk)
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('4292cd47-3a69-4429-bb91-13026f2c4a4e')
    def test_taken_and_deleted_in_turns(self) -> None:
        """Each attachment finds another chain, half of it made in the other way."""
        disk = self.begin()
        self.take(disk)
        self.unplug(disk)
        self.take(disk)
        self.plug(disk)
        self.take(disk)
        self.drop(disk, disk.snapshots[1], 'the middle snapshot, taken detached')
        self.unplug(disk)
        self.drop(disk, disk.snapshots[-1], 'the newest snapshot, taken attached')
        self.take(disk)
        self.plug(disk)
        self.judge_snapshots(disk)
        self.drop_all(disk)
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('3847db57-7dd1-4732-b883-bc785ffe26b8')
    def test_detached_volume_in_every_position(self) -> None:
        """What Cinder does alone is judged by the same data."""
        disk = self.begin()
        for _ in range(3):
            self.unplug(disk)
            self.take(disk)
            self.plug(disk)
        self.unplug(disk)
        oldest, middle, newest = disk.snapshots
        for snapshot, name in ((middle, 'middle'), (newest, 'newest'), (oldest, 'oldest')):
            self.drop(disk, snapshot, f'the {name} snapshot')
            self.judge_snapshots(disk)
        self.plug(disk)
        self.finish()
