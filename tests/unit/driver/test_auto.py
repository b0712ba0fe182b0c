# SPDX-License-Identifier: Apache-2.0
import os

from driver import auto, exceptions
from tests.unit.driver import builders
from tests.unit.driver.test_access import FolderCase


class AutoTest(FolderCase):
    def test_auto_means_secure_on_a_new_install_and_ever_after(self):
        self.assertFalse(auto.resolve_auto(self.folder, new_install=False))
        self.assertTrue(auto.resolve_auto(self.folder, new_install=True))
        self.assertEqual([auto.MARKER], os.listdir(self.folder))
        self.assertEqual(auto.MARKER_MODE, builders.mode_of(self.folder / auto.MARKER))
        self.assertTrue(auto.resolve_auto(self.folder, new_install=False))

    def test_share_that_can_not_be_looked_into_says_what_to_change(self):
        file = self.folder / 'file'
        file.touch()
        with self.assertRaisesRegex(exceptions.ShareError, 'Could not look for .*Not a directory'):
            auto.resolve_auto(file, new_install=True)
