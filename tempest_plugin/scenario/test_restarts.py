# SPDX-License-Identifier: Apache-2.0
"""Servers that stop, reboot, are shelved or move to another host, between snapshots.

Nova keeps what it was told of a volume when it was attached. If that is not renewed with each
snapshot, the next start opens a file that is no longer the active one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tempest import config
from tempest.common import compute
from tempest.lib import decorators

from tempest_plugin import waiting
from tempest_plugin.scenario.disk import Disk
from tempest_plugin.scenario.story import Story

CONF = config.CONF


class RestartsBase(Story):
    """Stories around one restart."""

    needs_depth = 3

    def play(self, restart: Callable[[Mapping[str, Any]], object]) -> None:
        """Restart between snapshots; all data is there, and snapshots go on as before."""
        disk = self.begin()
        server = disk.server
        self.take_many(disk, 2)
        self.across(lambda: restart(server), [disk])
        self.take(disk)
        oldest, middle, newest = disk.snapshots
        self.drop(disk, middle, 'the middle snapshot')
        self.across(lambda: restart(server), [disk])
        self.drop(disk, newest, 'the newest snapshot')
        self.judge_snapshots(disk)
        self.drop(disk, oldest, 'the last snapshot')
        self.across(lambda: restart(server), [disk])


class RestartsTest(RestartsBase):
    """What every cloud can do to a server."""

    @decorators.idempotent_id('00a2d4c4-d893-4acd-b6c8-fb4f326c02f2')
    def test_stop_and_start(self) -> None:
        """The files are closed, and opened again."""
        self.play(self.restart)
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('650d152b-e599-469e-a715-6bd4301b4b9f')
    def test_soft_reboot(self) -> None:
        """The files may stay open all the time, or not: that is up to Nova."""
        self.play(lambda server: self._reboot(server, 'SOFT'))
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('8489c32a-2f8b-47a8-962c-c29b318ffdb9')
    def test_hard_reboot(self) -> None:
        """The guest is defined anew from what Nova knows of its disks."""
        self.play(lambda server: self._reboot(server, 'HARD'))
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('eb7dc7c1-5374-4aa0-a5d4-1d2672d24f32')
    def test_restart_with_two_volumes(self) -> None:
        """Each volume is found by what Nova was told of it, not of its neighbour."""
        first = self.begin()
        second = self.begin(first.server)
        server = first.server
        self.take_many(first, 2)
        self.take(second)
        self.across(lambda: self.restart(server), [first, second])
        self.drop(first, first.snapshots[0], 'the older snapshot')
        self.take(second)
        self.across(lambda: self._reboot(server, 'HARD'), [first, second])
        for disk in (first, second):
            self.judge_snapshots(disk)
            self.drop_all(disk)
        self.finish()

    def _reboot(self, server: Mapping[str, Any], kind: str) -> None:
        self.let_nova_take_note()
        self.servers_client.reboot_server(server['id'], type=kind)
        self.wait_for_server(server, 'ACTIVE')


class ShelveTest(RestartsBase):
    """A server that leaves its host, and comes back there or elsewhere."""

    @classmethod
    def skip_checks(cls) -> None:
        """Skip where servers are not shelved."""
        super().skip_checks()
        if not CONF.compute_feature_enabled.shelve:
            raise cls.skipException('[compute-feature-enabled] shelve is not set')

    @decorators.attr(type='slow')
    @decorators.idempotent_id('5cc3c50c-b94f-4b0d-a96e-b22ddf60d46c')
    def test_shelve_and_unshelve(self) -> None:
        """The volume is only reserved meanwhile, and connected anew."""
        self.play(self._shelve_and_unshelve)
        self.finish()

    def _shelve_and_unshelve(self, server: Mapping[str, Any]) -> None:
        self.let_nova_take_note()
        compute.shelve_server(self.servers_client, server['id'], force_shelve_offload=True)
        self.servers_client.unshelve_server(server['id'])
        self.wait_for_server(server, 'ACTIVE')


class LiveMigrationTest(Story):
    """A guest that goes on writing on another host."""

    needs_depth = 2
    min_microversion = '2.25'

    @classmethod
    def skip_checks(cls) -> None:
        """Skip where there is no other host."""
        super().skip_checks()
        if not CONF.compute_feature_enabled.live_migration:
            raise cls.skipException('[compute-feature-enabled] live_migration is not set')
        if CONF.compute.min_compute_nodes < 2:
            raise cls.skipException('[compute] min_compute_nodes is less than 2')

    @classmethod
    def setup_clients(cls) -> None:
        """Take the administrator's client of servers, too."""
        super().setup_clients()
        cls.admin_servers_client = cls.os_admin.servers_client

    @decorators.attr(type='slow')
    @decorators.idempotent_id('9e9cf935-0087-4c80-b067-a20917eda056')
    def test_live_migration(self) -> None:
        """Snapshots of before are deleted on the new host, and new ones taken there."""
        disk = self.begin()
        older, newer = self.take_many(disk, 2)
        self._migrate(disk)
        self.judge(disk, 'after the migration')
        self.drop(disk, newer, 'the newest snapshot')
        self.take(disk)
        self._migrate(disk)
        self.drop(disk, older, 'the oldest snapshot')
        self.judge_snapshots(disk)
        self.drop_all(disk)
        self.finish()

    def _migrate(self, disk: Disk) -> None:
        client, ident = self.admin_servers_client, disk.server['id']
        before = _host(client.show_server(ident)['server'])
        self.let_nova_take_note()
        client.live_migrate_server(ident, host=None, block_migration='auto')
        waiting.until(
            f'server {ident} on another host than {before}',
            lambda: waiting.for_status(client, client.show_server, ident, 'ACTIVE'),
            lambda shown: _host(shown) != before,
            seconds=client.build_timeout,
            pause=client.build_interval,
        )


def _host(server: Mapping[str, Any]) -> str:
    return str(server['OS-EXT-SRV-ATTR:host'])
