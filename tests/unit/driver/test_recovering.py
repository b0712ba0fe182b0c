# SPDX-License-Identifier: Apache-2.0
"""What a service that starts makes of a dead one's locks, in Cinder's own tables."""

import pathlib
import tempfile
import uuid
from unittest import mock

from cinder import coordination, objects
from oslo_config import cfg

from driver import access, backups, database, extension_rows, revert_rows
from driver.backend import Backend
from driver.layout import Format
from driver.opening import Opener
from driver.recovering import RecoveringDriver
from driver.restoring import Restorations
from driver.revert import Reverts
from tests.unit.driver import builders
from tests.unit.driver.database_case import DatabaseCase
from tests.unit.driver.held_locks import Coordinator
from tests.unit.driver.snapshots_case import Folder, NoOthers
from tests.unit.driver.test_shares import settings

HOST = 'node@nfs'


class Driver(RecoveringDriver):
    host = HOST
    cluster_name = None
    driver_prefix = 'nfs'

    def __init__(self, opener):
        backend = Backend(opener, Restorations(opener, backups))
        self._backend = backend
        self._set_up_recovering(backend, Reverts(opener, revert_rows))
        self._set_up_migrating(opener, NoOthers.placing(opener))
        self._set_up_managing(opener)


class RecoveringTest(DatabaseCase):
    """A detached volume was growing when the service died that held its lock."""

    def setUp(self):
        super().setUp()
        objects.register_all()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.volume_id = str(uuid.uuid4())
        self.file = pathlib.Path(folder.name, f'volume-{self.volume_id}')
        self.file.touch()
        self.grow()
        self.store(
            objects.Volume.model(
                id=self.volume_id,
                size=1,
                status='extending',
                host=f'{HOST}#share',
                provider_location='host:/share',
                attach_status='detached',
                volume_type_id='t',
                use_quota=True,
            )
        )
        database.save_formats(self.volume_id, Format.RAW, Format.RAW)
        maker = access.FileMaker(access.SECURE_MODE)
        opener = Opener(
            settings(folder.name), Folder(folder.name), maker, database, extension_rows
        )
        self.driver = Driver(opener)

    def grow(self):
        with self.file.open('r+b') as file:
            file.truncate(2 * builders.GIB)

    def start(self, url, held):
        """Start while a lock is held that will be asked for in vain some times."""
        cfg.CONF.set_override('backend_url', url, 'coordination')
        self.addCleanup(cfg.CONF.clear_override, 'backend_url', 'coordination')
        coordinator = Coordinator(**{f'nfs-{self.volume_id}': held})
        with mock.patch.object(coordination, 'COORDINATOR', coordinator):
            self.driver._settle_at_start()
        return database.volume_object(self.volume_id).status, self.file.stat().st_size

    def test_locks_with_a_lease_are_waited_for(self):
        with self.assertLogs('driver.recovering', 'INFO') as logged:
            found = self.start('etcd3+http://etcd:2379', 2)
        self.assertEqual(('available', builders.GIB), found)
        self.assertEqual(2, len(logged.output), logged.output)

    def test_locks_that_only_the_living_hold_are_not(self):
        with self.assertLogs('driver.recovering', 'WARNING') as logged:
            found = self.start('file:///var/lib/cinder', 99)
        self.assertEqual(('extending', 2 * builders.GIB), found)
        self.assertIn(self.volume_id, logged.output[0])

    def test_nothing_is_waited_for_where_nobody_holds_anything(self):
        with self.assertNoLogs('driver.recovering'):
            found = self.start('etcd3+http://etcd:2379', 0)
        self.assertEqual(('available', builders.GIB), found)
