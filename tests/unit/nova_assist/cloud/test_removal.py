# SPDX-License-Identifier: Apache-2.0
"""What is removed of a cloud, and what is mounted there and stays."""

import os
import pathlib
import subprocess
import tempfile
import unittest

from nova_assist.cloud.removal import mounts_under, remove


class RemovalTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name).resolve() / 'cloud'
        self.mounted = self.folder / 'mnt' / 'share'
        self.mounted.mkdir(parents=True)

    def test_folder_goes_with_all_that_is_in_it(self):
        self.assertEqual([], remove(self.folder))
        self.assertFalse(self.folder.exists())

    def test_folder_that_is_gone_is_no_complaint(self):
        self.assertEqual([], remove(self.folder / 'no' / 'such'))

    @unittest.skipUnless(os.geteuid() == 0, 'mounting needs root')
    def test_folder_with_something_mounted_stays_whole(self):
        subprocess.run(['mount', '-t', 'tmpfs', 'none', str(self.mounted)], check=True)
        self.addCleanup(subprocess.run, ['umount', str(self.mounted)], check=True)
        data = self.mounted / 'data'
        data.touch()
        (complaint,) = remove(self.folder)
        self.assertIn(f'did not remove {self.folder}: {self.mounted} is still mounted', complaint)
        self.assertTrue(data.exists())

    def test_mount_is_seen_below_its_folder_and_not_below_another(self):
        self.assertIn('/proc', mounts_under(pathlib.Path('/')))
        self.assertEqual([], mounts_under(self.folder))
