# SPDX-License-Identifier: Apache-2.0
"""The temporary copy that cinder-backup is to read, in Cinder's own tables."""

import uuid

from cinder import context as cinder_context
from cinder import objects
from cinder.db import api as db

from driver import backups
from driver.peers import Peers
from tests.unit.driver.database_case import DatabaseCase


class RestoredTest(DatabaseCase):
    def test_backup_that_is_being_restored_to_a_volume_tells_of_its_key(self):
        objects.register_all()
        context = cinder_context.get_admin_context()
        target = str(uuid.uuid4())
        self.assertIsNone(backups.restored_is_encrypted(target))
        backup = objects.Backup(context, volume_id=str(uuid.uuid4()), user_id='u', project_id='p')
        backup.create()
        backup.status, backup.restore_volume_id = 'restoring', target
        backup.save()
        self.assertIs(False, backups.restored_is_encrypted(target))
        backup.encryption_key_id = str(uuid.uuid4())
        backup.save()
        self.assertIs(True, backups.restored_is_encrypted(target))
        backup.status = 'available'
        backup.save()
        self.assertIsNone(backups.restored_is_encrypted(target))


class CopyTest(DatabaseCase):
    def test_of_an_encrypted_volume_has_no_key_that_would_be_deleted_with_it(self):
        objects.register_all()
        context = cinder_context.get_admin_context()
        key = str(uuid.uuid4())
        kind = db.volume_type_create(context, {'name': 'encrypted', 'extra_specs': {}})
        volume = objects.Volume(
            context,
            volume_type_id=kind['id'],
            size=1,
            host='node@nfs#pool',
            status='backing-up',
            encryption_key_id=key,
        )
        volume.create()
        backup = objects.Backup(context, volume_id=volume.id, user_id='u', project_id='p')
        backup.create()
        copy = backups.add_copy(backup, Peers('node@nfs', None))
        self.assertIsNone(copy.encryption_key_id)
        self.assertEqual(key, backups.source(backup).encryption_key_id)
        self.assertEqual((copy.id, 1), (backup.temp_volume_id, copy.size))
