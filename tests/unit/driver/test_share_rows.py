# SPDX-License-Identifier: Apache-2.0
"""What is promised on shares, asked of a database with Cinder's own tables."""

import sqlalchemy
from cinder import objects

from driver import share_rows
from tests.unit.driver.builders import GIB
from tests.unit.driver.database_case import DatabaseCase

ONE, TWO = 'host:/one', 'host:/two'


class PromisedTest(DatabaseCase):
    def setUp(self):
        super().setUp()
        self.statements = []
        sqlalchemy.event.listen(self.engine, 'before_cursor_execute', self.note)

    def note(self, connection, cursor, statement, *_):
        self.statements.append(statement)

    def add(self, volume_id, export, gib, **columns):
        row = {'status': 'available', 'volume_type_id': 't', 'use_quota': True, **columns}
        self.store(objects.Volume.model(id=volume_id, provider_location=export, size=gib, **row))

    def test_sizes_are_added_up_by_share(self):
        self.add('a', ONE, 1)
        self.add('b', ONE, 2, status='creating')
        self.add('c', TWO, 4, host='another@backend#pool')
        self.add('d', 'host:/three', 8)
        self.add('e', None, 16)
        self.add('f', ONE, 32, deleted=True)
        self.assertEqual({ONE: 3 * GIB, TWO: 4 * GIB}, share_rows.promised([ONE, TWO]))

    def test_volume_that_is_placed_anew_does_not_count(self):
        self.add('a', ONE, 1)
        self.add('b', ONE, 2)
        self.assertEqual({ONE: 2 * GIB}, share_rows.promised([ONE], 'a'))

    def test_share_without_volumes_is_left_out(self):
        self.assertEqual({}, share_rows.promised([ONE]))

    def test_it_is_one_query_for_any_number_of_volumes(self):
        for number in range(50):
            self.add(str(number), ONE, 1)
        self.statements.clear()
        self.assertEqual({ONE: 50 * GIB}, share_rows.promised([ONE, TWO]))
        self.assertEqual(1, len(self.statements))
