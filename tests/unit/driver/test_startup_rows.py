# SPDX-License-Identifier: Apache-2.0
"""What a service that starts finds in a database with Cinder's own tables."""

from cinder import objects
from sqlalchemy import orm

from driver import startup_rows
from tests.unit.driver.database_case import DatabaseCase

HOST = 'node@nfs'


class StartupRowsTest(DatabaseCase):
    def add(self, volume_id, status, host=f'{HOST}#share'):
        with orm.Session(self.engine) as session, session.begin():
            session.add(
                objects.Volume.model(
                    id=volume_id, status=status, host=host, volume_type_id='t', use_quota=True
                )
            )

    def status(self, volume_id):
        with orm.Session(self.engine) as session:
            return session.get(objects.Volume.model, volume_id).status

    def test_volumes_that_something_is_under_way_on_are_found_if_they_are_its_own(self):
        self.add('grows', 'extending')
        self.add('has-not-grown', 'error_extending')
        self.add('loads', 'downloading')
        self.add('rests', 'available')
        self.add('other', 'downloading', 'elsewhere@nfs#share')
        found = startup_rows.unfinished(HOST, None)
        self.assertEqual(frozenset(['grows', 'has-not-grown']), found.extensions)
        self.assertEqual(frozenset(['loads']), found.downloads)
        self.assertEqual(frozenset(), found.deletions)

    def test_download_is_given_up_once(self):
        self.add('loads', 'downloading')
        self.assertTrue(startup_rows.give_up_download('loads'))
        self.assertEqual('error', self.status('loads'))
        self.assertFalse(startup_rows.give_up_download('loads'))

    def test_volume_that_is_not_downloading_keeps_its_status(self):
        self.add('rests', 'in-use')
        self.assertFalse(startup_rows.give_up_download('rests'))
        self.assertEqual('in-use', self.status('rests'))
