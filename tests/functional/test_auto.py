# SPDX-License-Identifier: Apache-2.0
"""What ``auto`` means for the options on file access, on a new install and on an old one."""

import pathlib
import stat
import tempfile
import unittest

from nova_assist import client
from nova_assist.cloud.cloud import Cloud
from nova_assist.cloud.errors import ServiceError
from tests.judged import IN_TREE, OURS

MARKER = '.cinderSecureEnvIndicator'
AUTO = {'nas_secure_file_operations': 'auto', 'nas_secure_file_permissions': 'auto'}


class AutoTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def mode_of_new_volume(self, options, driver=OURS):
        """Make a volume in the cloud of the folder, and return its file's mode."""
        with Cloud(self.folder, driver=driver, options=options) as cloud:
            cinder = cloud.cinderclient()
            volume = cinder.volumes.create(1, volume_type='raw')
            client.poll(
                lambda: cinder.volumes.get(volume.id).status, lambda it: it == 'available', 40
            )
            self.share = cloud.shares['raw'].path
            return stat.S_IMODE((self.share / f'volume-{volume.id}').stat().st_mode)

    def test_new_install_is_secure_and_stays_so(self):
        self.assertEqual(0o660, self.mode_of_new_volume(AUTO))
        marker = self.share / MARKER
        self.assertEqual(0o640, stat.S_IMODE(marker.stat().st_mode))
        self.assertEqual(0o660, self.mode_of_new_volume(AUTO), 'with volumes in the database')

    def test_install_with_volumes_and_without_marker_stays_open(self):
        explicit = dict.fromkeys(AUTO, 'false')
        self.assertEqual(0o666, self.mode_of_new_volume(explicit))
        self.assertEqual(0o666, self.mode_of_new_volume(AUTO))
        self.assertFalse((self.share / MARKER).exists())

    def test_one_option_of_the_two_is_enough_for_the_marker(self):
        only = {**AUTO, 'nas_secure_file_permissions': 'false'}
        self.assertEqual(0o666, self.mode_of_new_volume(only))
        self.assertTrue((self.share / MARKER).exists())

    def test_new_install_with_snapshots_does_not_start_with_the_driver_of_cinder(self):
        with (
            self.assertRaisesRegex(ServiceError, 'Snapshots are not supported with nas_secure'),
            Cloud(self.folder, driver=IN_TREE, options=AUTO),
        ):
            pass
