# SPDX-License-Identifier: Apache-2.0
"""Snapshots of volumes whose server is paused or stopped.

Nova merges an older snapshot only in a server that is active, and refuses it otherwise. Whether a
driver then merges the files itself is up to it: either the snapshot is gone, or its deletion was
refused or has failed, nothing is lost, and it can be deleted once the server is active.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tempest import config
from tempest.lib import decorators, exceptions

from tempest_plugin import waiting
from tempest_plugin.data.guest import Mark
from tempest_plugin.scenario.disk import Disk
from tempest_plugin.scenario.story import Story

CONF = config.CONF

#: A driver that says that the snapshot is busy has it made available again.
_NOT_DELETED = ('available', 'error_deleting', 'error')


class RestingBase(Story):
    """What is the same while a server is paused and while it is stopped."""

    needs_depth = 3

    def snapshots_of_a_resting_volume(self, disk: Disk) -> list[Mapping[str, Any]]:
        """Take two, delete the newest and an older one.

        :returns: what could not be deleted
        """
        for _ in range(2):
            self.take(disk)
        oldest, _, newest = disk.snapshots
        self.drop(disk, newest, 'the newest snapshot, of a resting volume')
        return [] if self._delete_or_refuse(disk, oldest) else [oldest]

    def _delete_or_refuse(self, disk: Disk, snapshot: Mapping[str, Any]) -> bool:
        client = self.snapshots_client
        client.delete_snapshot(snapshot['id'])
        ended = waiting.until(
            f'the end of the deletion of snapshot {snapshot["id"]}',
            lambda: self._status(snapshot),
            lambda status: status != 'deleting',
            seconds=client.build_timeout,
            pause=client.build_interval,
        )
        if ended is None:
            disk.dropped(snapshot)
        else:
            self.assertIn(ended, _NOT_DELETED, f'snapshot {snapshot["id"]}')
        if ended == 'error_deleting':
            # Only an administrator can have it deleted again.
            self.admin_snapshots_client.reset_snapshot_status(snapshot['id'], 'error')
        self.judge(disk, 'after an older snapshot of a resting volume was to be deleted')
        return ended is None

    def _status(self, snapshot: Mapping[str, Any]) -> str | None:
        try:
            shown = self.snapshots_client.show_snapshot(snapshot['id'])['snapshot']
        except exceptions.NotFound:
            return None
        return str(shown['status'])

    def rest(self, disk: Disk) -> Mark:
        """Note that the guest does not write from now on; returns the time."""
        disk.recall()
        disk.writes = False
        return disk.guest.mark()

    def end(self, disk: Disk, refused: list[Mapping[str, Any]]) -> None:
        """Go on with a server that is active again."""
        for snapshot in refused:
            self.drop(disk, snapshot, 'the older snapshot, whose deletion was refused')
        self.take(disk)
        self.judge_snapshots(disk)
        self.drop_all(disk)


class StoppedTest(RestingBase):
    """A server that is shut off, and has its volume all the same."""

    @decorators.attr(type='slow')
    @decorators.idempotent_id('51d80982-cf2f-4c22-9877-0fcd2e1fc620')
    def test_volume_of_a_stopped_server(self) -> None:
        """Nobody has the files open, yet it is Nova that has to know of the new one."""
        disk = self.begin()
        self.take(disk)
        server = disk.server
        mark = self.rest(disk)
        self.stop_server(server)
        refused = self.snapshots_of_a_resting_volume(disk)
        self.start_server(server)
        self.resume(disk, mark)
        self.end(disk, refused)
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('6b6e575a-43e5-48f0-8aaa-b7b9cf499aec')
    def test_all_snapshots_deleted_while_stopped(self) -> None:
        """The newest first, each merged into the active file, until there is only that."""
        disk = self.begin()
        self.take_many(disk, 2)
        server = disk.server
        mark = self.rest(disk)
        self.stop_server(server)
        for snapshot in reversed(disk.snapshots):
            self.drop(disk, snapshot, 'the newest snapshot, while the server is stopped')
        self.start_server(server)
        self.resume(disk, mark)
        self.take(disk)
        self.judge_snapshots(disk)
        self.drop_all(disk)
        self.finish()


class PausedTest(RestingBase):
    """A server whose files are open, but that neither reads nor writes."""

    @classmethod
    def skip_checks(cls) -> None:
        """Skip where servers are not paused."""
        super().skip_checks()
        if not CONF.compute_feature_enabled.pause:
            raise cls.skipException('[compute-feature-enabled] pause is not set')

    @decorators.attr(type='slow')
    @decorators.idempotent_id('358872dd-0aba-44ae-9d2b-cb1f98d906b9')
    def test_volume_of_a_paused_server(self) -> None:
        """The block layer switches files without the guest."""
        disk = self.begin()
        self.take(disk)
        server = disk.server
        self.rest(disk)
        self.servers_client.pause_server(server['id'])
        self.wait_for_server(server, 'PAUSED')
        refused = self.snapshots_of_a_resting_volume(disk)
        self.servers_client.unpause_server(server['id'])
        self.wait_for_server(server, 'ACTIVE')
        disk.writes = True
        self.hear(disk)
        self.end(disk, refused)
        self.finish()
