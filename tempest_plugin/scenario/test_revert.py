# SPDX-License-Identifier: Apache-2.0
"""Volumes that get the data of their newest snapshot back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tempest.lib import decorators, exceptions

from tempest_plugin.scenario.disk import Disk
from tempest_plugin.scenario.story import Story


class RevertBase(Story):
    """Asking for a revert."""

    needs_depth = 2
    volume_min_microversion = '3.40'

    @classmethod
    def setup_clients(cls) -> None:
        """Take the client that reverts, too."""
        super().setup_clients()
        cls.revert_client = cls.os_primary.assisted_volume.RevertClient()

    def revert(self, disk: Disk, snapshot: Mapping[str, Any]) -> None:
        """Give a detached volume the data of its newest snapshot back."""
        self.revert_client.revert(disk.id, snapshot['id'])
        self.wait_for_volume(disk.volume, 'available')
        self.wait_for_snapshot(snapshot, 'available')
        self.judge(disk, 'after it was reverted')


class RevertTest(RevertBase):
    """Volumes are detached, reverted, and attached again."""

    features = ('online', 'revert')

    @decorators.attr(type='slow')
    @decorators.idempotent_id('d2c04157-0d5e-4505-839e-4f1a663b4c6c')
    def test_revert_to_the_newest_snapshot(self) -> None:
        """What was written since is gone, older snapshots are as they were."""
        disk = self.begin()
        _, newest = self.take_many(disk, 2)
        self.hear(disk)
        self.unplug(disk)
        self.revert(disk, newest)
        self.plug(disk, bounds=disk.ledger.revert(newest['id']))
        self.judge_snapshots(disk)
        self.take(disk)
        self.drop_all(disk)
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('fd508d20-aa23-46ef-839a-fdad27dcfc65')
    def test_revert_again(self) -> None:
        """A snapshot can be reverted to more than once."""
        disk = self.begin()
        snapshot = self.take(disk)
        for _ in range(2):
            self.hear(disk)
            self.unplug(disk)
            self.revert(disk, snapshot)
            self.plug(disk, bounds=disk.ledger.revert(snapshot['id']))
        self.drop_all(disk)
        self.finish()


class NoRevertTest(RevertBase):
    """What Cinder refuses before it asks any driver."""

    @decorators.attr(type=['negative', 'slow'])
    @decorators.idempotent_id('ed5c9f98-e1d5-4fc0-8728-fcf2285e0abf')
    def test_no_revert_past_the_newest_snapshot(self) -> None:
        """Cinder refuses what would leave a snapshot of data that is gone."""
        disk = self.begin()
        older, _ = self.take_many(disk, 2)
        self.unplug(disk)
        self.assertRaises(exceptions.BadRequest, self.revert_client.revert, disk.id, older['id'])
        self.plug(disk)
        self.finish()

    @decorators.attr(type=['negative', 'slow'])
    @decorators.idempotent_id('03bf254f-63d1-4b64-88f0-453a158b08e3')
    def test_no_revert_while_attached(self) -> None:
        """Cinder refuses what would change the data under a guest."""
        disk = self.begin()
        snapshot = self.take(disk)
        self.assertRaises(exceptions.Conflict, self.revert_client.revert, disk.id, snapshot['id'])
        self.judge(disk, 'after a revert was refused')
        self.judge_snapshots(disk)
        self.drop_all(disk)
        self.finish()
