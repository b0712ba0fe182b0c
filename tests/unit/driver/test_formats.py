# SPDX-License-Identifier: Apache-2.0
"""What a volume's formats become in a database with Cinder's own tables."""

import sqlalchemy
from cinder import objects
from cinder.db.sqlalchemy import models
from sqlalchemy import orm

from driver import database
from driver.layout import Format
from tests.unit.driver.database_case import DatabaseCase


class SaveFormatsTest(DatabaseCase):
    def setUp(self):
        super().setUp()
        with orm.Session(self.engine) as session, session.begin():
            session.add(objects.Volume.model(id='v', volume_type_id='t', use_quota=True))
            session.flush()
            for key, value in (('readonly', 'False'), ('format', 'raw')):
                session.add(models.VolumeAdminMetadata(volume_id='v', key=key, value=value))

    def metadata(self):
        with orm.Session(self.engine) as session:
            rows = session.query(models.VolumeAdminMetadata).filter_by(deleted=False)
            return {row.key: row.value for row in rows}

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
