# SPDX-License-Identifier: Apache-2.0
"""What a cloud refuses before anything is started."""

import os
import pathlib
import socket
import tempfile
import unittest

from nova_assist.cloud import host
from nova_assist.cloud.cloud import Cloud
from nova_assist.cloud.errors import FolderError, PortInUseError, SettingsError

FOLDER = pathlib.Path('/no/such/folder')


class CloudTest(unittest.TestCase):
    def test_option_that_would_become_two_lines(self):
        for options in ({'a': '1\nb = 2'}, {'a\r[raw]': '1'}):
            with (
                self.subTest(options=options),
                self.assertRaisesRegex(SettingsError, 'line break'),
            ):
                Cloud(FOLDER, driver='a.B', options=options)

    def test_barbican_without_keystone(self):
        with self.assertRaisesRegex(SettingsError, 'users of Keystone only'):
            Cloud(FOLDER, driver='a.B', with_barbican=True)

    def test_port_in_use(self):
        with socket.create_server(('127.0.0.1', 0)) as taken:
            port = taken.getsockname()[1]
            with self.assertRaisesRegex(PortInUseError, f'cinder cannot listen on .*:{port}'):
                Cloud(FOLDER, driver='a.B', cinder_port=port)

    def test_options_are_those_given(self):
        options = {'nas_secure_file_permissions': 'true'}
        self.assertEqual(options, Cloud(FOLDER, driver='a.B', options=options).options)

    def test_local_share_that_another_cloud_uses(self):
        with tempfile.TemporaryDirectory() as name:
            share = pathlib.Path(name, 'share').resolve()
            self.addCleanup(os.close, host.claim_folder(share))
            cloud = Cloud(pathlib.Path(name, 'cloud'), driver='a.B', share=str(share))
            with self.assertRaisesRegex(FolderError, f'another cloud runs in {share}'):
                cloud.start()
            self.assertEqual([], list(share.iterdir()))

    def test_environment_has_urls_and_token(self):
        cloud = Cloud(FOLDER, driver='a.B')
        found = cloud.environment(project='p', user='u')
        self.assertEqual('u:p', found['OS_TOKEN'])
        self.assertEqual('admin:demo', cloud.environment()['OS_TOKEN'])
        self.assertEqual(cloud.cinder.url, found['OS_BLOCK_STORAGE_ENDPOINT_OVERRIDE'])
        self.assertEqual(cloud.compute.url, found['OS_COMPUTE_ENDPOINT_OVERRIDE'])
        self.assertEqual(
            cloud.compute.url.removesuffix('/v2.1') + '/image/v2',
            found['OS_IMAGE_ENDPOINT_OVERRIDE'],
        )
