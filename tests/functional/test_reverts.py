# SPDX-License-Identifier: Apache-2.0
"""Reverts that fail, or are not seen to end: what Cinder is left with can be gone on from."""

from cinderclient import exceptions as cinder_errors

from tests.functional.test_driver import DriverCase
from tests.unit.driver.test_locks import opened_by_qemu


class FailureTest(DriverCase):
    def setUp(self):
        super().setUp()
        self.kept = self.volume()
        self.newest = self.snapshot(self.kept)
        self.before = self.files(self.kept)

    def revert(self, wanted):
        self.cinder.volumes.revert_to_snapshot(self.kept, self.newest)
        # Cinder changes the volume first.
        self.await_status(self.cinder.volumes, self.kept, wanted)
        self.await_status(self.cinder.volume_snapshots, self.newest, 'available')

    def restart(self):
        self.cloud.cinder.kill()
        self.cloud.cinder.start()

    def fail(self):
        """Have a QEMU that Cinder does not know of use the volume."""
        overlay = self.share / f'volume-{self.kept.id}.{self.newest.id}'
        with opened_by_qemu(overlay, image_format='qcow2'):
            self.revert('error')
        self.assertEqual(self.before, self.files(self.kept))

    def be_refused(self):
        """Have Cinder refuse a revert for the snapshot's status, and forget the volume's."""
        self.cinder.volume_snapshots.reset_state(self.newest, 'error')
        with self.assertRaisesRegex(cinder_errors.ClientException, 'HTTP 409'):
            self.cinder.volumes.revert_to_snapshot(self.kept, self.newest)
        self.assertEqual('reverting', self.status(self.cinder.volumes, self.kept))

    def test_all_of_a_volume_whose_revert_has_failed_can_be_copied_and_deleted(self):
        self.fail()
        self.volume(snapshot_id=self.newest.id)
        self.delete_snapshot(self.newest)
        self.assertEqual('error', self.status(self.cinder.volumes, self.kept))

    def test_revert_that_has_failed_can_be_repeated_once_the_volume_is_declared_available(self):
        self.fail()
        self.cinder.volumes.reset_state(self.kept, 'available')
        self.revert('available')

    def test_request_that_cinder_refuses_for_its_snapshot_ends_at_the_next_start(self):
        self.be_refused()
        self.restart()
        self.await_status(self.cinder.volumes, self.kept, 'available')

    def test_revert_that_was_asked_for_before_the_start_is_done_there(self):
        self.be_refused()
        self.cinder.volume_snapshots.reset_state(self.newest, 'restoring')
        overlay = self.share / f'volume-{self.kept.id}.{self.newest.id}'
        inode = overlay.stat().st_ino
        self.restart()
        self.await_status(self.cinder.volumes, self.kept, 'available')
        self.await_status(self.cinder.volume_snapshots, self.newest, 'available')
        self.assertNotEqual(inode, overlay.stat().st_ino)

    def test_snapshot_that_was_not_told_of_the_end_is_available_after_the_start(self):
        self.cinder.volume_snapshots.reset_state(self.newest, 'restoring')
        self.restart()
        self.await_status(self.cinder.volume_snapshots, self.newest, 'available')
