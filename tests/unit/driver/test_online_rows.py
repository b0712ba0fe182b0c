# SPDX-License-Identifier: Apache-2.0
"""What an online snapshot changes in a database with Cinder's own tables."""

import json

from cinder import context, exception, objects
from sqlalchemy import orm

from driver import database
from driver.layout import Format
from tests.unit.driver.database_case import DatabaseCase

_COMMON = {'volume_type_id': 't', 'use_quota': True}


class OnlineRowsTest(DatabaseCase):
    def attachment(self, attachment_id, info, volume_id='v', **columns):
        return objects.VolumeAttachment.model(
            id=attachment_id,
            volume_id=volume_id,
            attach_status='attached',
            connection_info=info and json.dumps(info),
            **columns,
        )

    def infos(self, volume_id='v'):
        """Return what Cinder's objects read, by attachment."""
        found = objects.VolumeAttachmentList.get_all_by_volume_id(
            context.get_admin_context(), volume_id
        )
        return {each.id: each.connection_info for each in found}

    def test_attachments_of_a_volume_lead_to_its_new_file(self):
        info = {'export': 'h:/e', 'name': 'old', 'format': 'raw', 'access_mode': 'rw'}
        self.store(
            objects.Volume.model(id='v', **_COMMON),
            objects.Volume.model(id='w', **_COMMON),
            self.attachment('a', info),
            self.attachment('b', {**info, 'access_mode': 'ro'}),
            self.attachment('only about to be one', None),
            self.attachment('ended', info, deleted=True),
            self.attachment("another volume's", info, volume_id='w'),
        )
        database.point_attachments_to('v', 'new', Format.QCOW2)
        told = {**info, 'name': 'new', 'format': 'qcow2'}
        self.assertEqual(
            {'a': told, 'b': {**told, 'access_mode': 'ro'}, 'only about to be one': None},
            self.infos(),
        )
        self.assertEqual({"another volume's": info}, self.infos('w'))
        with orm.Session(self.engine) as session:
            ended = session.get(objects.VolumeAttachment.model, 'ended')
            self.assertEqual(info, json.loads(ended.connection_info))

    def test_progress_that_an_earlier_attempt_has_left_is_forgotten(self):
        self.store(
            objects.Volume.model(id='v', **_COMMON),
            *(
                objects.Snapshot.model(
                    id=each, volume_id='v', status='error', progress='90%', **_COMMON
                )
                for each in 'st'
            ),
        )
        database.reset_progress('s', 'deleting')
        with orm.Session(self.engine) as session:
            found = {
                each: (row.status, row.progress)
                for each in 'st'
                if (row := session.get(objects.Snapshot.model, each))
            }
        self.assertEqual({'s': ('deleting', '0%'), 't': ('error', '90%')}, found)

    def test_snapshot_that_is_gone_is_told(self):
        with self.assertRaises(exception.SnapshotNotFound):
            database.reset_progress('s', 'deleting')
