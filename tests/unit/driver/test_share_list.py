# SPDX-License-Identifier: Apache-2.0
import pathlib
import tempfile
import types
import unittest

from driver import exceptions, share_list


class ReadTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name, 'shares')

    def read(self, **values):
        given = {
            'nas_host': None,
            'nas_share_path': None,
            'nas_mount_options': None,
            'nfs_mount_options': None,
            'nfs_shares_config': str(self.path),
        }
        return share_list.read(types.SimpleNamespace(**{**given, **values}), 'nfs')

    def test_list_as_cinder_documents_it(self):
        self.path.write_text(
            '# a comment\n\nhost:/one\nhost:/two\\040words -o vers=4.2,nconnect=2\n'
        )
        self.assertEqual(
            {'host:/one': None, 'host:/two words': '-o vers=4.2,nconnect=2'}, self.read()
        )

    def test_nas_options_replace_the_list(self):
        found = self.read(
            nas_host='nas', nas_share_path='/x', nas_mount_options='vers=4', nfs_mount_options='no'
        )
        self.assertEqual({'nas:/x': '-o vers=4'}, found)

    def test_options_for_all_mounts_hold_for_nas_options_too(self):
        found = self.read(nas_host='nas', nas_share_path='/x', nfs_mount_options='vers=4.2')
        self.assertEqual({'nas:/x': '-o vers=4.2'}, found)

    def test_bad_lists_are_named(self):
        for text, words in (
            ('', 'names no share'),
            ('/folder\n', 'looks like host:/export'),
        ):
            self.path.write_text(text)
            with self.subTest(words), self.assertRaisesRegex(exceptions.ConfigurationError, words):
                self.read()

    def test_missing_list_is_named(self):
        with self.assertRaisesRegex(exceptions.ConfigurationError, 'nfs_shares_config'):
            self.read()
