# SPDX-License-Identifier: Apache-2.0
"""What a service looks at again that it could not settle at its start, in Cinder's own tables."""

import pathlib
import tempfile
import uuid
from unittest import mock

import sqlalchemy
from cinder import coordination, objects
from sqlalchemy import orm

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
        with orm.Session(self.engine) as session, session.begin():
            session.add(
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
        self.coordinator = Coordinator(f'nfs-{self.volume_id}')
        patch = mock.patch.object(coordination, 'COORDINATOR', self.coordinator)
        patch.start()
        self.addCleanup(patch.stop)
        maker = access.FileMaker(access.SECURE_MODE)
        opener = Opener(
            settings(folder.name), Folder(folder.name), maker, database, extension_rows
        )
        self.driver = Driver(opener)
        self.driver._settle_at_start()

    def grow(self):
        with self.file.open('r+b') as file:
            file.truncate(2 * builders.GIB)

    def found(self):
        return database.volume_object(self.volume_id).status, self.file.stat().st_size

    def test_start_leaves_alone_what_somebody_holds(self):
        self.assertEqual(('extending', 2 * builders.GIB), self.found())
        self.driver._settle_since()
        self.assertEqual(('extending', 2 * builders.GIB), self.found())

    def test_it_is_ended_once_nobody_does(self):
        self.coordinator.held.clear()
        self.driver._settle_since()
        self.assertEqual(('available', builders.GIB), self.found())
        self.assertEqual(set(), self.driver._waiting)

    def test_what_this_service_has_begun_with_since_is_left_to_it(self):
        """The request was on its way, and the driver has let go of the lock again."""
        self.driver._peers.take(database.volume_object(self.volume_id))
        self.coordinator.held.clear()
        self.driver._settle_since()
        self.assertEqual(('extending', 2 * builders.GIB), self.found())

    def test_database_that_fails_for_once_does_not_have_it_forgotten(self):
        self.coordinator.held.clear()
        with self.engine.begin() as connection:
            connection.execute(sqlalchemy.text('ALTER TABLE volumes RENAME TO away'))
        with self.assertRaises(sqlalchemy.exc.OperationalError):
            self.driver._settle_since()
        with self.engine.begin() as connection:
            connection.execute(sqlalchemy.text('ALTER TABLE away RENAME TO volumes'))
        self.driver._settle_since()
        self.assertEqual(('available', builders.GIB), self.found())
