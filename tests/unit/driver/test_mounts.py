# SPDX-License-Identifier: Apache-2.0
import pathlib
import unittest

from driver import mounts
from driver.mounts import Mount


class MountOfTest(unittest.TestCase):
    def test_file_system_of_a_folder_is_that_of_the_nearest_mount(self):
        self.assertEqual('proc', mounts.mount_of(pathlib.Path('/proc/self/fd')).kind)
        self.assertEqual('proc', mounts.mount_of(pathlib.Path('/proc')).kind)
        self.assertFalse(mounts.mount_of(pathlib.Path('/')).is_nfs)

    def test_folder_whose_name_begins_like_a_mount_point_does_not_lie_there(self):
        root = mounts.mount_of(pathlib.Path('/'))
        self.assertEqual(root, mounts.mount_of(pathlib.Path('/procession')))

    def test_export_that_is_not_mounted_has_no_mount_point(self):
        self.assertEqual([], mounts.points_of('host.invalid:/export'))


class LocksTest(unittest.TestCase):
    def test_options_that_keep_locks_on_this_host(self):
        for kind, option, here in (
            ('nfs', 'nolock', True),
            ('nfs', 'local_lock=all', True),
            ('nfs', 'local_lock=posix', True),
            ('nfs', 'local_lock=flock', False),
            ('nfs', 'local_lock=none', False),
            ('nfs4', 'vers=4.2', False),
            ('ext4', 'nolock', False),
        ):
            with self.subTest(kind=kind, option=option):
                found = Mount(kind, 'host:/export', frozenset({option, 'rw'}))
                self.assertEqual(here, found.keeps_locks_here)

    def test_shown_with_what_tells_mounts_apart(self):
        found = Mount('nfs4', 'host:/export', frozenset({'rw', 'vers=4.2', 'sec=sys', 'hard'}))
        self.assertEqual('nfs4 sec=sys vers=4.2', str(found))
