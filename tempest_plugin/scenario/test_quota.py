# SPDX-License-Identifier: Apache-2.0
"""The number of snapshots that a project may have."""

from __future__ import annotations

from tempest.lib import decorators, exceptions

from tempest_plugin.scenario.story import Story


class QuotaTest(Story):
    """A project that may have no more snapshots than there are."""

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
        self._limit_to_what_there_is()
        self.assertRaises(exceptions.OverLimit, self.ask_for_snapshot, disk.volume)
        self.judge(disk, 'after a snapshot was refused')
        self.drop(disk, snapshot)
        self.take(disk)
        self.judge_snapshots(disk)
        self.drop_all(disk)
        self.finish()

    def _limit_to_what_there_is(self) -> None:
        project = self.os_primary.credentials.project_id
        shown = self.quotas_client.show_quota_set(project, params={'usage': True})['quota_set']
        limit, used = shown['snapshots']['limit'], shown['snapshots']['in_use']
        self.addCleanup(self.quotas_client.update_quota_set, project, snapshots=limit)
        self.quotas_client.update_quota_set(project, snapshots=used)
