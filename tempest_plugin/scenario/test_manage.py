# SPDX-License-Identifier: Apache-2.0
"""Volumes that Cinder forgets and comes to manage again."""

from __future__ import annotations

from typing import Any

from tempest.lib import decorators
from tempest.lib.common.utils import data_utils

from tempest_plugin import waiting
from tempest_plugin.scenario.disk import Disk
from tempest_plugin.scenario.story import Story

_HOST = 'os-vol-host-attr:host'


class ManageTest(Story):
    """An administrator unmanages and manages; whoever had the volume gets it by a transfer."""

    features = ('online', 'manage')

    @decorators.attr(type='slow')
    @decorators.idempotent_id('c08a3d54-7b1e-4f2c-9d16-52e3a7f0b984')
    def test_volume_managed_again_has_its_data(self) -> None:
        """All that was written is there, under a new id; snapshots of it can be taken."""
        disk = self.begin()
        self.hear(disk)
        self.unplug(disk)
        again = Disk(self._manage(self._unmanage(disk)), ledger=disk.ledger)
        self.judge(again, 'after it was managed again')
        self.plug(again, disk.server)
        self.take(again)
        self.drop_all(again)
        self.finish()

    def _unmanage(self, disk: Disk) -> dict[str, Any]:
        """Have Cinder forget a volume; returns what the administrator saw of it."""
        client = self.os_admin.volumes_client_latest
        known: dict[str, Any] = client.show_volume(disk.id)['volume']
        client.unmanage_volume(disk.id)
        waiting.until_gone(client, client.show_volume, disk.id)
        return known

    def _manage(self, known: dict[str, Any]) -> dict[str, Any]:
        """Have Cinder manage what it knew before; returns the volume, which is ours again."""
        made = self.os_admin.volume_manage_client_latest.manage_volume(
            host=known[_HOST],
            ref={'source-name': f'volume-{known["id"]}'},
            name=data_utils.rand_name('managed'),
            volume_type=known['volume_type'],
            availability_zone=known['availability_zone'],
        )['volume']
        return dict(self.own_volume(made))
