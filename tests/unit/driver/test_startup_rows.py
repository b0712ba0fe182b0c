# SPDX-License-Identifier: Apache-2.0
"""What a service that starts finds in a database with Cinder's own tables."""

from unittest import mock

from cinder import coordination, objects
from sqlalchemy import orm

from driver import startup_rows
from tests.unit.driver.database_case import DatabaseCase
from tests.unit.driver.held_locks import Coordinator

HOST = 'node@nfs'


class StartupRowsTest(DatabaseCase):
    def add(self, volume_id, status, host=f'{HOST}#share', **columns):
        self.store(
            objects.Volume.model(
                id=volume_id,
                status=status,
                host=host,
                volume_type_id='t',
                use_quota=True,
                **columns,
            )
        )

    def add_snapshot(self, snapshot_id, status):
        self.store(
            objects.Snapshot.model(
                id=snapshot_id,
                status=status,
                volume_id='v',
                volume_type_id='t',
                use_quota=True,
            )
        )

    def status(self, volume_id):
        with orm.Session(self.engine) as session:
            return session.get(objects.Volume.model, volume_id).status

    def test_volumes_that_something_is_under_way_on_are_found_if_they_are_its_own(self):
        self.add('grows', 'extending')
        self.add('has-not-grown', 'error_extending')
        self.add('loads', 'downloading')
        self.add('sends', 'uploading')
        self.add('rests', 'available')
        self.add('other', 'downloading', 'elsewhere@nfs#share')
        found = startup_rows.unfinished(HOST, None)
        self.assertEqual(frozenset(['grows', 'has-not-grown']), found.extensions)
        self.assertEqual(frozenset(['loads', 'sends']), found.transfers)
        self.assertEqual(frozenset(), found.deletions)

    def test_download_is_given_up_once(self):
        self.add('loads', 'downloading')
        self.assertEqual('downloading', startup_rows.give_up_transfer('loads'))
        self.assertEqual('error', self.status('loads'))
        self.assertIsNone(startup_rows.give_up_transfer('loads'))

    def test_upload_is_given_up_and_the_volume_is_what_it_was(self):
        for attach_status, wanted in (('attached', 'in-use'), ('detached', 'available')):
            self.add(attach_status, 'uploading', attach_status=attach_status)
            self.assertEqual('uploading', startup_rows.give_up_transfer(attach_status))
            self.assertEqual(wanted, self.status(attach_status))

    def test_volume_that_no_image_is_under_way_of_keeps_its_status(self):
        self.add('rests', 'in-use')
        self.assertIsNone(startup_rows.give_up_transfer('rests'))
        self.assertEqual('in-use', self.status('rests'))

    def test_deletion_is_given_up_but_not_one_that_a_service_has_in_hand(self):
        self.add('v', 'available')
        for snapshot_id, status in (('a', 'deleting'), ('b', 'deleting'), ('c', 'available')):
            self.add_snapshot(snapshot_id, status)
        with mock.patch.object(
            coordination, 'COORDINATOR', Coordinator(**{'b-delete_snapshot': 2})
        ):
            self.assertEqual((['a'], ['b']), startup_rows.give_up_deletions('v'))
            self.assertEqual(([], ['b']), startup_rows.give_up_deletions('v'))
        self.assertEqual(frozenset(['v']), startup_rows.unfinished(HOST, None).deletions)
