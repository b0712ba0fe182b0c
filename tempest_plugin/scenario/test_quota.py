# SPDX-License-Identifier: Apache-2.0
"""How many snapshots a project may have, and how much room they may take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tempest.lib import decorators, exceptions

from tempest_plugin.scenario.disk import Disk
from tempest_plugin.scenario.story import Story


class QuotaTest(Story):
    """A project that may have no more than there is."""

    @classmethod
    def setup_clients(cls) -> None:
        """Take the client of quotas, too."""
        super().setup_clients()
        cls.quotas_client = cls.os_admin.volume_quotas_client_latest

    @decorators.attr(type='negative')
    @decorators.idempotent_id('40374419-f9c1-475e-9e21-d9d83f9be941')
    def test_snapshots_beyond_the_quota(self) -> None:
        """It is refused before anything is done; a deletion makes room for another."""
        disk = self.begin()
        snapshot = self.take(disk)
        self._judge_limit(disk, snapshot, 'snapshots')
        self.finish()

    @decorators.attr(type=['negative', 'slow'])
    @decorators.idempotent_id('67bb0f81-ccf5-41a8-9cdc-3be2d681965d')
    def test_gigabytes_beyond_the_quota(self) -> None:
        """A snapshot is counted with the size of its volume, whatever its file takes."""
        disk = self.begin()
        before = self._quota('gigabytes')['in_use']
        snapshot = self.take(disk)
        if self._quota('gigabytes')['in_use'] == before:
            self.skipTest('no_snapshot_gb_quota is on in cinder.conf: snapshots are not counted')
        self._judge_limit(disk, snapshot, 'gigabytes')
        self.finish()

    def _judge_limit(self, disk: Disk, snapshot: Mapping[str, Any], resource: str) -> None:
        """Limit the project to what it has, and see that a deletion makes room for another."""
        quota = self._quota(resource)
        self.addCleanup(self._limit, resource, quota['limit'])
        self._limit(resource, quota['in_use'])
        self.assertRaises(exceptions.OverLimit, self.ask_for_snapshot, disk.volume)
        self.judge(disk, 'after a snapshot was refused')
        self.drop(disk, snapshot)
        self.take(disk)
        # Copies need room of their own.
        self._limit(resource, quota['limit'])
        self.judge_snapshots(disk)
        self.drop_all(disk)

    def _quota(self, resource: str) -> Mapping[str, int]:
        shown = self.quotas_client.show_quota_set(self._project, params={'usage': True})
        quota: Mapping[str, int] = shown['quota_set'][resource]
        return quota

    def _limit(self, resource: str, limit: int) -> None:
        self.quotas_client.update_quota_set(self._project, **{resource: limit})

    @property
    def _project(self) -> str:
        return str(self.os_primary.credentials.project_id)
