# SPDX-License-Identifier: Apache-2.0
"""Backups kept on a share by cinder-backup's NFS driver, of volumes on shares of this one."""

import hashlib
import pathlib
import tempfile
import unittest

from nova_assist import client
from nova_assist.cloud.cloud import Cloud
from nova_assist.reports.model import Verdict
from nova_assist.scenarios import backup
from tests.judged import OURS
from tests.lab import stories

_REPOSITORY = 'host:/backups'


class NfsRepositoryTest(unittest.TestCase):
    """The export is a folder of this machine, and is mounted by a stand-in that does nothing."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        base = pathlib.Path(folder.name, 'mounted')
        # Where os-brick mounts an export; with a mode that cinder-backup needs no root to change.
        self.repository = base / hashlib.md5(_REPOSITORY.encode()).hexdigest()
        self.repository.mkdir(parents=True)
        self.repository.chmod(0o775)
        options = {
            'BACKUP_DRIVER': 'cinder.backup.drivers.nfs.NFSBackupDriver',
            'BACKUP_MOUNT_POINT_BASE': str(base),
            'BACKUP_SHARE': _REPOSITORY,
            # The scheduler is told that the share is mounted by the report after that.
            'PERIODIC_INTERVAL': '1',
        }
        self.cloud = Cloud(
            pathlib.Path(folder.name, 'cloud'),
            driver=OURS,
            cinder_environment={f'OS_DEFAULT__{name}': value for name, value in options.items()},
        )
        self.addCleanup(self.cloud.stop)
        self.cloud.start()
        self.cinder = self.cloud.cinderclient()
        self.assertTrue(client.poll(self.takes_backups, bool, 60), 'no backups are taken')

    def takes_backups(self):
        """Tell whether the scheduler finds a cinder-backup that is ready."""
        volume = self.ended(self.cinder.volumes, self.cinder.volumes.create(1))
        backup = self.ended(self.cinder.backups, self.cinder.backups.create(volume.id))
        for manager, each in ((self.cinder.backups, backup), (self.cinder.volumes, volume)):
            manager.delete(each)
        return backup.status == 'available'

    def ended(self, manager, made):
        return client.poll(
            lambda: manager.get(made.id), lambda found: found.status != 'creating', 60
        )

    def test_scenario_passes_and_backups_are_there(self):
        seen = set()

        def tell(stage):
            backup.STORY.play(stage)
            seen.update(path.name for path in self.repository.rglob('*_metadata'))

        told = stories.Story('backup', 'kept on a share', tell)
        [result] = stories.play(self.cloud, [told], ['qcow2'])
        self.assertIs(Verdict.PASS, result.verdict, result.reason)
        self.assertEqual(3, len(seen), seen)
        self.assertEqual([], [*self.repository.rglob('*_metadata')])
