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
    def setUp(self):
        super().setUp()
        objects.register_all()
        self.context = cinder_context.get_admin_context()
        self.target = str(uuid.uuid4())

    def restored(self, original, key=None):
        """Make a backup of a volume that is being restored to the target."""
        backup = objects.Backup(self.context, volume_id=original, user_id='u', project_id='p')
        backup.create()
        backup.status, backup.restore_volume_id = 'restoring', self.target
        backup.encryption_key_id = key
        backup.save()
        return backup

    def volume(self, key=None):
        kind = db.volume_type_create(self.context, {'name': str(uuid.uuid4()), 'extra_specs': {}})
        made = objects.Volume(
            self.context, volume_type_id=kind['id'], size=1, encryption_key_id=key
        )
        made.create()
        return made

    def test_backup_tells_by_its_key(self):
        self.assertIsNone(backups.restored_is_encrypted(self.target))
        backup = self.restored(str(uuid.uuid4()), str(uuid.uuid4()))
        self.assertIs(True, backups.restored_is_encrypted(self.target))
        backup.status = 'available'
        backup.save()
        self.assertIsNone(backups.restored_is_encrypted(self.target))

    def test_backup_without_a_key_tells_by_the_volume_that_it_was_made_of(self):
        for key in (None, str(uuid.uuid4())):
            with self.subTest(key):
                original = self.volume(key)
                backup = self.restored(original.id)
                original.destroy()
                self.assertIs(key is not None, backups.restored_is_encrypted(self.target))
                backup.destroy()

    def test_backup_of_a_volume_that_nobody_knows(self):
        self.restored(str(uuid.uuid4()))
        self.assertIsNone(backups.restored_is_encrypted(self.target))

    def test_backups_of_both_kinds_of_which_one_was_given_up(self):
        self.restored(self.volume().id)
        self.restored(str(uuid.uuid4()), str(uuid.uuid4()))
        self.assertIsNone(backups.restored_is_encrypted(self.target))


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
