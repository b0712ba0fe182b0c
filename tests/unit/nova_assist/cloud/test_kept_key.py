# SPDX-License-Identifier: Apache-2.0
import pathlib
import tempfile
import unittest

from nova_assist.cloud.errors import SettingsError
from nova_assist.cloud.settings import SETTINGS_FILE, kept_key
from tests.unit.nova_assist.cloud.test_cinder_conf import SETTINGS


class KeptKeyTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / SETTINGS_FILE

    def test_later_cloud_in_a_folder_has_the_key_of_the_earlier_one(self):
        SETTINGS.save(self.path)
        self.assertEqual(SETTINGS.fixed_key, kept_key(self.path))

    def test_new_cloud_and_one_without_a_key_get_a_new_one_of_256_bits(self):
        keys = [kept_key(self.path)]
        self.path.write_text('{}')
        keys += [kept_key(self.path)]
        self.assertEqual([32, 32], [len(bytes.fromhex(key)) for key in keys])
        self.assertNotEqual(*keys)

    def test_damaged_settings_are_told_of(self):
        self.path.write_text('{')
        with self.assertRaisesRegex(SettingsError, 'remove it'):
            kept_key(self.path)
