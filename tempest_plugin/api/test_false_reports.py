# SPDX-License-Identifier: Apache-2.0
"""``os-update_snapshot_status`` by a member who lies, while Nova is at work.

Cinder's policy lets members report on snapshots of their own. A report may make an operation fail,
but no data may be lost by it: what counts is what the guest really does. A report is sent again
and again from right after the request on, until the next snapshot is there, for which a driver has
to have finished the operation before; then all is judged. Where Nova is done before the first
report a driver that believes it passes, too: only a slow or held Nova gives it time to do harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tempest.lib import decorators
from tempest.lib import exceptions as lib_exc

from tempest_plugin import removal, waiting
from tempest_plugin.scenario.disk import Disk
from tempest_plugin.scenario.story import Story

_SECONDS_BETWEEN_REPORTS = 0.05


class FalseReportsTest(Story):
    """One false report on a snapshot of a volume to which a guest writes all the time."""

    needs_depth = 3

    @decorators.attr(type='slow')
    @decorators.idempotent_id('b7adbb50-a9eb-4a63-9653-7ab5124da5ad')
    def test_creation_said_to_be_almost_done(self) -> None:
        """The overlay is not yet in use when the report says that Nova has finished."""
        self._create('creating')
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('be1c93d4-c4df-45d3-891b-1942d5ac863c')
    def test_creation_said_to_be_done(self) -> None:
        """Nor is it when the snapshot is said to be there."""
        self._create('available')
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('04272b05-a0b4-4427-9bae-7bf2bdc7c797')
    def test_creation_said_to_have_failed(self) -> None:
        """The guest may switch to the overlay after it was said that it has not."""
        self._create('error')
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('2d8697b6-7c20-48d7-99aa-b7c3862a839e')
    def test_deletion_of_the_oldest_said_to_be_almost_done(self) -> None:
        """The file that is merged away is still in use when the report comes."""
        self._delete(0, 'deleting')
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('3bf179a2-7e90-47ad-93df-7f9545b32224')
    def test_deletion_of_the_newest_said_to_be_almost_done(self) -> None:
        """The active file still needs the one below it when the report comes."""
        self._delete(-1, 'deleting')
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('3cec8687-8060-48a5-a4fc-7ce0c06cd8ac')
    def test_deletion_said_to_have_failed(self) -> None:
        """Nova merges on after it was said that it has not."""
        self._delete(0, 'error_deleting')
        self.finish()

    def _create(self, status: str) -> None:
        disk = self.begin()
        disk.recall()
        snapshot = self.ask_for_snapshot(disk.volume)
        disk.taken(snapshot)
        late = self._report_on(snapshot, status, disk)
        if self._settled(snapshot) != 'available':
            self._delete_again(disk, snapshot)
        self._judge_all(disk, late)

    def _delete(self, which: int, status: str) -> None:
        disk = self.begin()
        snapshot = self.take_many(disk, 2)[which]
        self.snapshots_client.delete_snapshot(snapshot['id'])
        late = self._report_on(snapshot, status, disk)
        self._delete_again(disk, snapshot)
        self._judge_all(disk, late)

    def _report_on(self, snapshot: Mapping[str, Any], status: str, disk: Disk) -> str:
        """Report on a snapshot until a further one is there; returns why none was taken, if so."""
        answers = [self._report(snapshot, status)]
        disk.recall()
        later = self.ask_for_snapshot(disk.volume)
        disk.taken(later)

        def report() -> str:
            answers.append(self._report(snapshot, status))
            return str(self.snapshots_client.show_snapshot(later['id'])['snapshot']['status'])

        waiting.until(
            f'the end of what is under way on volume {disk.id}',
            report,
            lambda seen: seen != 'creating',
            seconds=self.snapshots_client.build_timeout,
            pause=_SECONDS_BETWEEN_REPORTS,
        )
        self.wait_for_snapshot(later, 'available')
        return min(answers)

    def _report(self, snapshot: Mapping[str, Any], status: str) -> str:
        """Report on a snapshot, and return why Cinder didn't take that; empty if it did."""
        try:
            self.snapshots_client.update_snapshot_status(
                snapshot['id'], status=status, progress='90%'
            )
        except lib_exc.Forbidden:
            return 'the policy of this cloud lets no member report'
        except (lib_exc.BadRequest, lib_exc.NotFound) as error:
            return f'the report {status!r} came too late: {error}'
        return ''

    def _settled(self, snapshot: Mapping[str, Any]) -> str:
        return removal.settled(self.admin_snapshots_client, snapshot['id'])

    def _delete_again(self, disk: Disk, snapshot: Mapping[str, Any]) -> None:
        """See a snapshot deleted whose operation has come to nothing, as its user would."""
        if self._settled(snapshot) == 'error_deleting':
            self.admin_snapshots_client.reset_snapshot_status(snapshot['id'], 'error')
        if self._settled(snapshot) != removal.GONE:
            self.delete_snapshot(snapshot)
        disk.dropped(snapshot)

    def _judge_all(self, disk: Disk, late: str) -> None:
        self.judge(disk, 'after a false report')
        self.judge_snapshots(disk)
        self.replug(disk)
        self.drop_all(disk)
        if late:
            self.skipTest(f'all was right, but {late}')
