# SPDX-License-Identifier: Apache-2.0
"""Backups that fail or are interrupted: nothing stays under way, and no copy is left."""

import contextlib
import sqlite3
import typing

from nova_assist import client
from tests.functional.test_clones import CloneCase


class BackupCase(CloneCase):
    def backup(self, volume, **options):
        """Ask for a backup, which is removed in the end whatever becomes of it."""
        backup = self.cinder.backups.create(volume.id, **options)
        self.addCleanup(self.delete_backup, backup)
        return backup

    def delete_backup(self, backup):
        self.cinder.backups.delete(backup)
        self.await_status(self.cinder.backups, backup, None)

    def await_failure(self, backup, reason):
        self.await_status(self.cinder.backups, backup, 'error')
        self.assertRegex(self.cinder.backups.get(backup.id).fail_reason, reason)

    def copies(self):
        found = self.cinder.volumes.list()
        return [each for each in found if each.name and each.name.startswith('backup-vol-')]

    def assert_no_copy(self):
        """See that neither Cinder nor the share has the copy that was to be read."""
        self.assertEqual([], client.poll(self.copies, lambda found: not found, 20))
        known = {f'volume-{each.id}' for each in self.cinder.volumes.list()}
        on_share = {path.name.split('.')[0] for path in self.share.glob('volume-*')}
        self.assertLessEqual(on_share, known)


class FailureTest(BackupCase):
    def test_copy_of_a_detached_volume_that_fails(self):
        volume = self.volume()
        self.snapshot(volume)
        self.tell('fail')
        self.await_failure(self.backup(volume), 'CommandError')
        self.assertEqual('available', self.status(self.cinder.volumes, volume))
        self.assert_no_copy()

    def test_copy_of_an_attached_volume_that_fails(self):
        volume = self.attached()
        self.tell('fail')
        self.await_failure(self.backup(volume, force=True), 'CommandError')
        self.assertEqual('in-use', self.status(self.cinder.volumes, volume))
        self.assert_no_copy()
        self.assert_no_snapshot(volume)

    def test_copy_of_a_snapshot_that_fails(self):
        volume = self.volume()
        snapshot = self.snapshot(volume)
        self.tell('fail')
        backup = self.backup(volume, snapshot_id=snapshot.id)
        self.await_failure(backup, 'CommandError')
        self.assertEqual('available', self.status(self.cinder.volume_snapshots, snapshot))
        self.assert_no_copy()

    def test_volume_that_can_not_be_opened(self):
        volume = self.volume()
        record = self.share / f'volume-{volume.id}.info'
        record.write_text('{')
        self.addCleanup(record.unlink)
        self.await_failure(self.backup(volume), 'RecordError')
        self.assertEqual('available', self.status(self.cinder.volumes, volume))
        self.assert_no_copy()


class InterruptionTest(BackupCase):
    options: typing.ClassVar = {'nfs_assisted_create_timeout': '60'}

    def move_backups_elsewhere(self):
        """Have them be another host's, whose cinder-backup doesn't start again with ours."""
        database = self.cloud.folder / 'cinder' / 'cinder.sqlite'
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.execute("UPDATE backups SET host = 'elsewhere'")
            connection.commit()

    def test_all_services_killed_while_a_volume_is_copied(self):
        volume = self.attached()
        self.hold()
        backup = self.backup(volume, force=True)
        self.await_copying()
        self.restart()
        self.release()
        self.await_failure(backup, 'reset on manager restart')
        self.await_status(self.cinder.volumes, volume, 'in-use')
        self.assert_no_copy()
        for snapshot in self.snapshots_of(volume):
            self.delete_snapshot(snapshot)

    def test_cinder_volume_killed_while_a_snapshot_is_copied(self):
        volume = self.volume()
        snapshot = self.snapshot(volume)
        self.hold()
        backup = self.backup(volume, snapshot_id=snapshot.id)
        self.await_copying()
        self.cloud.cinder.kill()
        self.move_backups_elsewhere()
        self.cloud.cinder.start()
        self.release()
        self.await_failure(backup, 'cinder-volume was interrupted')
        self.await_status(self.cinder.volume_snapshots, snapshot, 'available')
        self.assert_no_copy()

    def test_copy_that_another_host_reads_survives_the_start_of_cinder_volume(self):
        volume = self.volume()
        snapshot = self.snapshot(volume)
        backup = self.backup(volume, snapshot_id=snapshot.id)
        kept = self.cloud.folder / 'cinder' / 'state' / 'backup'
        self.assertTrue(client.poll(lambda: list(kept.rglob(f'*{backup.id}-*')), bool, 30))
        self.cloud.cinder.kill()
        self.move_backups_elsewhere()
        self.cloud.cinder.start()
        self.assertEqual(1, len(self.copies()))
        self.assertEqual('creating', self.status(self.cinder.backups, backup))
        self.cinder.backups.reset_state(backup, 'error')  # what an administrator does if it dies
        self.assert_no_copy()
        self.cinder.volume_snapshots.reset_state(snapshot, 'available')


class GivenUpTest(BackupCase):
    driver = 'tests.functional.slow_drivers.WaitsOnceConnectedDriver'

    def test_volume_that_is_made_of_a_backup_while_cinder_volume_starts_gets_its_data(self):
        """Cinder's start takes it for one that was being created, and gives it up."""
        volume = self.volume()
        data = b'data of the backup'
        with (self.share / f'volume-{volume.id}').open('r+b') as file:
            file.write(data)
        backup = self.backup(volume)
        self.await_status(self.cinder.backups, backup, 'available')
        made = self.cinder.volumes.create(1, backup_id=backup.id, volume_type='raw')
        self.addCleanup(self.delete_volume, made)
        [waits] = client.poll(lambda: list(self.cloud.folder.rglob('waits')), bool, 60)
        self.cinder.volumes.reset_state(made, 'error')
        waits.unlink()
        self.await_status(self.cinder.backups, backup, 'available')
        self.await_status(self.cinder.volumes, made, 'available')
        self.assertEqual([f'volume-{made.id}'], self.files(made))
        with (self.share / f'volume-{made.id}').open('rb') as file:
            self.assertEqual(data, file.read(len(data)))
