# SPDX-License-Identifier: Apache-2.0
"""``os-update_snapshot_status``: the call by which Nova tells Cinder how far it has come.

What a driver makes of it is left to :mod:`tempest_plugin.api.test_false_reports`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from tempest import config
from tempest.lib import decorators
from tempest.lib import exceptions as lib_exc
from tempest.lib.common.utils import data_utils

from tempest_plugin import base

CONF = config.CONF

STATUSES = ('creating', 'available', 'error', 'deleting', 'error_deleting')
ALLOWED = {
    'creating': ('creating', 'available', 'error'),
    'deleting': ('deleting', 'error_deleting'),
}


class SnapshotStatusTest(base.AssistedTest):
    """Call-backs about a snapshot that an administrator puts into any status."""

    uses_servers = False
    credentials = ('primary', 'admin', 'alt')

    def setUp(self) -> None:
        """Take a snapshot, which is deleted as an available one."""
        super().setUp()
        self.snapshot = self.create_snapshot(self.create_volume())
        self.addCleanup(self._put, 'available')

    def _put(self, status: str) -> None:
        self.admin_snapshots_client.reset_snapshot_status(self.snapshot['id'], status)

    def _report(self, client: Any, status: str, **progress: str) -> None:
        client.update_snapshot_status(self.snapshot['id'], status=status, **progress)

    def _shown(self) -> tuple[str, str]:
        shown = self.admin_snapshots_client.show_snapshot(self.snapshot['id'])['snapshot']
        return shown['status'], shown['os-extended-snapshot-attributes:progress']

    @decorators.idempotent_id('c648a7d3-84f4-4473-9e22-dae5764eeac2')
    @decorators.attr(type='smoke')
    def test_allowed_changes_are_made(self) -> None:
        """While a snapshot is created or deleted, its status may be told, and the progress."""
        for current, wanted in ALLOWED.items():
            for status in wanted:
                self._put(current)
                self._report(self.admin_snapshots_client, status, progress='90%')
                self.assertEqual((status, '90%'), self._shown(), f'{current} to {status}')

    @decorators.attr(type='negative')
    @decorators.idempotent_id('c78b6369-4455-4965-ad5f-7b947baba5c1')
    def test_other_changes_are_refused(self) -> None:
        """A snapshot that nobody is at work on can't be told anything, nor any other status."""
        for current in STATUSES:
            self._put(current)
            refused = sorted(set(STATUSES) - set(ALLOWED.get(current, ())))
            self._refuses_all(current, refused)

    def _refuses_all(self, current: str, refused: Collection[str]) -> None:
        for status in (*refused, 'unknown', ''):
            try:
                self._report(self.admin_snapshots_client, status)
            except lib_exc.BadRequest:
                self.assertEqual(current, self._shown()[0], f'refused {status!r} was stored')
            else:
                self.fail(f'{current} to {status!r} was accepted, expected 400')

    @decorators.attr(type='negative')
    @decorators.idempotent_id('e7836ce3-8264-4cd5-af11-e394cb602c9f')
    def test_wrong_progress_is_refused(self) -> None:
        """Progress is a whole percentage."""
        self._put('creating')
        for progress in ('90', '101%', '-1%', 'half%', '9.5%'):
            try:
                self._report(self.admin_snapshots_client, 'creating', progress=progress)
            except lib_exc.BadRequest:
                continue
            self.fail(f'progress {progress!r} was accepted, expected 400')

    @decorators.attr(type='negative')
    @decorators.idempotent_id('08f43e36-1713-4592-8f35-c8c87b5b28a4')
    def test_malformed_report_is_refused(self) -> None:
        """A report has a status, and nothing that nobody knows."""
        client = self.admin_snapshots_client
        for body in ({}, {'progress': '90%'}, {'status': None}, {'status': 'error', 'why': 'so'}):
            try:
                client.update_snapshot_status(self.snapshot['id'], **body)
            except lib_exc.BadRequest:
                continue
            self.fail(f'{body} was accepted, expected 400')

    @decorators.attr(type='negative')
    @decorators.idempotent_id('a8efbdbd-fc2c-4925-8ef8-3bdbb7ad3380')
    def test_report_about_unknown_snapshot_is_refused(self) -> None:
        """There is nothing to tell about a snapshot that doesn't exist."""
        self.assertRaises(
            lib_exc.NotFound,
            self.admin_snapshots_client.update_snapshot_status,
            data_utils.rand_uuid(),
            status='creating',
        )

    @decorators.idempotent_id('5899ca33-e17a-4f3a-aaaa-6ebfc6a34345')
    def test_member_may_report_on_its_own_snapshot(self) -> None:
        """Cinder's policy lets a member speak for Nova, so what is said must not be believed."""
        for status in ('creating', 'deleting'):
            self._put(status)
            try:
                self._report(self.snapshots_client, status, progress='90%')
            except lib_exc.Forbidden:
                self.assertEqual(status, self._shown()[0])
                raise self.skipException(
                    'the policy snapshot_extension:snapshot_actions:update_snapshot_status of '
                    'this cloud refuses members, which is the safer choice'
                ) from None
            self.assertEqual((status, '90%'), self._shown())

    @decorators.attr(type='negative')
    @decorators.idempotent_id('90bd0d3a-8324-4032-a6be-1aa6bca1cd24')
    def test_member_can_not_report_on_a_finished_snapshot(self) -> None:
        """Nor can a member put its snapshot into a status that Nova would not report."""
        for status in STATUSES:
            try:
                self._report(self.snapshots_client, status)
            except (lib_exc.BadRequest, lib_exc.Forbidden):
                self.assertEqual('available', self._shown()[0], f'refused {status} was stored')
            else:
                self.fail(f'a member could put its available snapshot into {status}')

    @decorators.attr(type='negative')
    @decorators.idempotent_id('e09c3f06-dac7-42f5-b5c3-7afe0407360c')
    def test_stranger_can_not_report(self) -> None:
        """A member of another project doesn't even see the snapshot."""
        self._put('creating')
        stranger = self.os_alt.snapshots_client_latest
        self.assertRaises(
            (lib_exc.NotFound, lib_exc.Forbidden),
            stranger.update_snapshot_status,
            self.snapshot['id'],
            status='available',
            progress='90%',
        )
        self.assertEqual('creating', self._shown()[0])


class SnapshotStatusReaderTest(base.AssistedTest):
    """Call-backs by a user that only reads, where the cloud's policies know readers."""

    uses_servers = False
    credentials = ('primary', 'admin', 'project_reader')

    @classmethod
    def skip_checks(cls) -> None:
        """Skip where the old policies hold, by which a reader is a member."""
        super().skip_checks()
        if not CONF.enforce_scope.cinder:
            raise cls.skipException('[enforce_scope] cinder is not set: readers are members')

    @decorators.attr(type='negative')
    @decorators.idempotent_id('f5455b83-e334-43b5-b5fb-8f66bcf6f4b0')
    def test_reader_can_not_report(self) -> None:
        """A reader sees a snapshot of its project, and can't change it."""
        snapshot = self.create_snapshot(self.create_volume())
        admin, reader = self.admin_snapshots_client, self.os_project_reader.snapshots_client_latest
        self.addCleanup(admin.reset_snapshot_status, snapshot['id'], 'available')
        admin.reset_snapshot_status(snapshot['id'], 'creating')
        self.assertRaises(
            (lib_exc.Forbidden, lib_exc.NotFound),
            reader.update_snapshot_status,
            snapshot['id'],
            status='available',
        )
        shown = admin.show_snapshot(snapshot['id'])['snapshot']
        self.assertEqual('creating', shown['status'])
