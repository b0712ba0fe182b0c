# SPDX-License-Identifier: Apache-2.0
"""What a volume's formats become in a database with Cinder's own tables."""

import sqlalchemy
from cinder import context, objects
from cinder.db import api as db

from driver import database
from driver.layout import Format
from tests.unit.driver.database_case import DatabaseCase


class SaveFormatsTest(DatabaseCase):
    def setUp(self):
        super().setUp()
        self.store(objects.Volume.model(id='v', volume_type_id='t', use_quota=True))
        self.admin = context.get_admin_context()
        known = {'readonly': 'False', 'format': 'raw'}
        db.volume_admin_metadata_update(self.admin, 'v', known, False)

    def metadata(self):
        return db.volume_admin_metadata_get(self.admin, 'v')

    def test_formats_change_and_nothing_else_does(self):
        database.save_formats('v', Format.QCOW2, Format.RAW)
        self.assertEqual(
            {'readonly': 'False', 'format': 'qcow2', 'base_format': 'raw'}, self.metadata()
        )

    def test_what_is_right_is_not_written_again(self):
        database.save_formats('v', Format.QCOW2, Format.RAW)
        written = []
        sqlalchemy.event.listen(
            self.engine,
            'before_cursor_execute',
            lambda *given: written.append(given[2]) if 'SELECT' not in given[2] else None,
        )
        database.save_formats('v', Format.QCOW2, Format.RAW)
        self.assertEqual([], [each for each in written if each.startswith(('INSERT', 'UPDATE'))])
        database.save_formats('v', Format.RAW, Format.RAW)
        self.assertNotEqual([], [each for each in written if each.startswith('UPDATE')])
