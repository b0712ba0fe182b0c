# SPDX-License-Identifier: Apache-2.0
"""How far a snapshot has come, asked of a database with Cinder's own tables."""

import sqlalchemy
from cinder import objects

from driver import database
from nova_assist import client
from tests.unit.driver.database_case import DatabaseCase


class SnapshotStatusTest(DatabaseCase):
    def add(self, snapshot_id, attach_status, **columns):
        volume_id = f'volume of {snapshot_id}'
        common = {'volume_type_id': 't', 'use_quota': True}
        row = {'status': 'creating', 'progress': '0%', **common, **columns}
        self.store(
            objects.Volume.model(id=volume_id, attach_status=attach_status, **common),
            objects.Snapshot.model(id=snapshot_id, volume_id=volume_id, **row),
        )

    def test_status_and_progress_are_those_of_the_snapshot_that_is_asked_for(self):
        self.add('a', 'attached', status='deleting', progress='90%')
        self.add('b', 'attached')
        self.add('c', 'detached')
        self.assertEqual(
            {'a': client.Status('deleting', '90%'), 'b': client.Status('creating', '0%')},
            database.snapshot_statuses(['a', 'b']),
        )

    def test_detached_volume_is_told(self):
        self.add('a', 'detached')
        self.assertEqual(
            {'a': client.Status('creating', '0%', attached=False)},
            database.snapshot_statuses(['a']),
        )

    def test_snapshot_that_was_deleted_is_missing(self):
        self.add('a', 'attached', deleted=True)
        self.assertEqual({}, database.snapshot_statuses(['a']))

    def test_it_is_one_query(self):
        for each in 'ab':
            self.add(each, 'attached')
        statements = []
        sqlalchemy.event.listen(
            self.engine, 'before_cursor_execute', lambda *given: statements.append(given[2])
        )
        database.snapshot_statuses(['a', 'b'])
        self.assertEqual(1, len(statements))
