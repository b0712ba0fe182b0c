# SPDX-License-Identifier: Apache-2.0
import types
import unittest

from driver import exceptions, refusals


def volume(migration=None, key=None):
    return types.SimpleNamespace(id='new', migration_status=migration, encryption_key_id=key)


class RefusalsTest(unittest.TestCase):
    def refused(self, words, **traits):
        with self.assertRaisesRegex(exceptions.Unsupported, words):
            refusals.refuse_special(volume(**traits))

    def test_ordinary_volume_and_the_source_of_a_migration_are_not_refused(self):
        for migration in (None, 'error', 'migrating'):
            with self.subTest(migration):
                refusals.refuse_special(volume(migration))

    def test_target_of_a_migration_names_the_volume_that_is_to_be_migrated(self):
        self.refused(
            'Volume old is to be migrated.* snapshot of volume old', migration='target:old'
        )

    def test_encrypted_volume_is_refused_where_that_is_not_done(self):
        refusals.refuse_special(volume(key='k1'))
        refusals.refuse_encrypted(volume(), 'painting it')
        with self.assertRaisesRegex(exceptions.Unsupported, 'new is encrypted.*painting it'):
            refusals.refuse_encrypted(volume(key='k1'), 'painting it')
