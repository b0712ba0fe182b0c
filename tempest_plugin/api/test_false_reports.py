# SPDX-License-Identifier: Apache-2.0
"""``os-update_snapshot_status`` by a member who lies, while Nova is at work.

Cinder's policy lets members report on snapshots of their own. A report may make an operation fail,
but no data may be lost by it: what counts is what the guest really does. After the report a
further snapshot is asked for: when it is settled what becomes of that one, a driver has ended what
the report was about. Then all is judged.

On the embedded cloud (``hold_nova``) Nova accepts the request and does nothing for it until then.
If a snapshot is gone, that is judged before Nova goes on: nothing can have been merged yet.

On other clouds Nova is as fast as it is. To keep it busy with a deletion, a guest that can be told
to (``data_path`` "ssh") writes some hundred MiB first; a creation takes Nova a fraction of a
second, in which a driver that believes the report may do no harm. As nobody knows when Nova was
asked, the report is sent again and again. If Nova had reported before the first one, all is
judged, and the test skipped in the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tempest.lib import decorators
from tempest.lib import exceptions as lib_exc
from tempest.lib.common.utils import test_utils

from tempest_plugin import holding, removal, waiting
from tempest_plugin.scenario.disk import Disk
from tempest_plugin.scenario.story import Story

_SECONDS_BETWEEN_REPORTS = 0.05
_PROGRESS = 'os-extended-snapshot-attributes:progress'
#: Once a further snapshot is there, a driver has ended the first one. A report that Cinder's API
#: takes while its manager notes that sets it back to "creating" for good: no driver hears of it.
_SECONDS_TO_NOTE_AN_END = 30
#: What Nova reports when it has done its work.
_DONE = '90%'


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
        with self._nova(disk) as nova:
            disk.recall()
            snapshot = self.ask_for_snapshot(disk.volume)
            disk.taken(snapshot)
            late, further = self._lie(snapshot, status, disk, nova)
            self.assertEqual('available', further, 'a snapshot taken after a false report')
        status = self._settled(snapshot, _SECONDS_TO_NOTE_AN_END)
        if status != 'available':
            self._delete_again(disk, snapshot, status)
        self._judge_all(disk, late)

    def _delete(self, which: int, status: str) -> None:
        disk = self.begin()
        older = self.take(disk)
        disk.guest.write_much(disk.id)
        snapshot = (older, self.take(disk))[which]
        with self._nova(disk) as nova:
            self.snapshots_client.delete_snapshot(snapshot['id'])
            # The further snapshot may fail: as long as Nova may be merging none need be taken.
            late, _ = self._lie(snapshot, status, disk, nova)
            status = self._settled(snapshot)
            if status == removal.GONE:
                disk.dropped(snapshot)
                self.judge(disk, 'after a deletion that was said to be done')
        if status != removal.GONE:
            self._delete_again(disk, snapshot, status)
        self._judge_all(disk, late)

    def _nova(self, disk: Disk) -> holding.FreeNova:
        if not self.settings.hold_nova:
            return holding.FreeNova()
        return holding.HeldNova(self.os_admin.assisted_compute.FaultsClient(), disk.id)

    def _lie(
        self, snapshot: Mapping[str, Any], status: str, disk: Disk, nova: holding.FreeNova
    ) -> tuple[str, str]:
        """Report on a snapshot, and ask for a further one until that is settled.

        :returns: why the report came too late, and the status of the further snapshot
        """
        nova.await_request()
        late = self._nova_was_first(snapshot) or self._report(snapshot, status)
        disk.recall()
        further = self.ask_for_snapshot(disk.volume)

        def look() -> str:
            if not nova.held:
                self._report(snapshot, status)
            return str(self.snapshots_client.show_snapshot(further['id'])['snapshot']['status'])

        end = waiting.until(
            f'the end of what is under way on volume {disk.id}',
            look,
            lambda seen: seen != 'creating',
            seconds=self.snapshots_client.build_timeout,
            pause=_SECONDS_BETWEEN_REPORTS,
        )
        if end == 'available':
            disk.taken(further)
        return late, end

    def _nova_was_first(self, snapshot: Mapping[str, Any]) -> str:
        """Return that Nova has reported already; empty if it has not."""
        shown = test_utils.call_and_ignore_notfound_exc(
            self.snapshots_client.show_snapshot, snapshot['id']
        )
        done = shown and shown['snapshot'].get(_PROGRESS) == _DONE
        return 'Nova had reported before the first false report' if done else ''

    def _report(self, snapshot: Mapping[str, Any], status: str) -> str:
        """Report on a snapshot, and return why Cinder didn't take that; empty if it did."""
        try:
            self.snapshots_client.update_snapshot_status(
                snapshot['id'], status=status, progress=_DONE
            )
        except lib_exc.Forbidden:
            return 'the policy of this cloud lets no member report'
        except (lib_exc.BadRequest, lib_exc.NotFound) as error:
            return f'the report {status!r} came too late: {error}'
        return ''

    def _settled(self, snapshot: Mapping[str, Any], seconds: float | None = None) -> str:
        return removal.settled(self.admin_snapshots_client, snapshot['id'], seconds)

    def _delete_again(self, disk: Disk, snapshot: Mapping[str, Any], status: str) -> None:
        """See a snapshot deleted whose operation has come to nothing, as its user would.

        It may take several attempts: Nova merges what it has begun to merge, whatever was said.

        :param status: what it has come to
        """
        self._try_to_delete(snapshot, status)
        waiting.until(
            f'the end of snapshot {snapshot["id"]}',
            lambda: self._try_to_delete(snapshot, self._settled(snapshot)),
            lambda status: status == removal.GONE,
            seconds=self.snapshots_client.build_timeout,
            pause=self.snapshots_client.build_interval,
        )
        disk.dropped(snapshot)

    def _try_to_delete(self, snapshot: Mapping[str, Any], status: str) -> str:
        if status != removal.GONE:
            if status not in removal.DELETABLE:
                self.admin_snapshots_client.reset_snapshot_status(snapshot['id'], 'error')
            self.snapshots_client.delete_snapshot(snapshot['id'])
        return self._settled(snapshot)

    def _judge_all(self, disk: Disk, late: str) -> None:
        self.judge(disk, 'after a false report')
        self.replug(disk)
        self.judge_snapshots(disk)
        self.drop_all(disk)
        if late:
            self.skipTest(f'all was right, but {late}')
