# SPDX-License-Identifier: Apache-2.0
"""Where shares are planned and made, and what is said when they can't be."""

import os
import pathlib
import tempfile
import unittest
from unittest import mock

from nova_assist.cloud import shares
from nova_assist.cloud.errors import ShareError

BACKENDS = ('raw', 'qcow2')


class SharesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()

    def program(self, name, text):
        """Put a shell script of a name first in the PATH."""
        folder = self.folder / 'programs'
        folder.mkdir(exist_ok=True)
        folder.joinpath(name).write_text(f'#!/bin/sh\n{text}\n')
        folder.joinpath(name).chmod(0o755)
        path = f'{folder}{os.pathsep}{os.environ["PATH"]}'
        patch = mock.patch.dict(os.environ, PATH=path)
        patch.start()
        self.addCleanup(patch.stop)

    def test_no_share_given_makes_one_folder_a_backend_at_its_mount_point(self):
        layout = shares.plan(None, self.folder, BACKENDS)
        layout.prepare()
        raw = self.folder / 'share' / '32884f80c0500ed5c61a8da2fd9d6803'
        self.assertEqual(shares.ShareView('localhost:/raw', raw), layout.views['raw'])
        self.assertTrue(raw.is_dir())
        self.assertTrue(layout.views['qcow2'].path.is_dir())
        self.assertIsNone(layout.unmount_below)

    def test_several_shares_of_a_backend_are_folders_beside_each_other(self):
        layout = shares.plan(None, self.folder, BACKENDS, 3)
        layout.prepare()
        names = [view.name for view in layout.of('raw')]
        self.assertEqual(['localhost:/raw', 'localhost:/raw-2', 'localhost:/raw-3'], names)
        self.assertEqual(6, len({view.path for view in layout.all if view.path.is_dir()}))
        self.assertEqual(layout.views['qcow2'], layout.of('qcow2')[0])

    def test_export_is_not_several_shares(self):
        with self.assertRaisesRegex(ShareError, 'nas:/vol/a is one share, not 2'):
            shares.plan('nas:/vol/a', self.folder, BACKENDS, 2)

    def test_local_folder_is_the_mount_base(self):
        layout = shares.plan(str(self.folder / 'mine'), self.folder, BACKENDS)
        self.assertEqual(self.folder / 'mine', layout.base)

    def test_export_is_one_share_for_all_backends(self):
        layout = shares.plan('nas:/vol/a', self.folder, BACKENDS)
        self.assertEqual('nas:/vol/a', layout.views['raw'].name)
        self.assertEqual(layout.views['raw'], layout.views['qcow2'])
        self.assertEqual(self.folder / 'mnt', layout.unmount_below)
        self.assertFalse(layout.own)

    def test_export_is_told_from_a_folder(self):
        for share in ('nas:/', 'nas.example:/a/b', '10.0.0.1:/x', '[fe80::1%eth0]:/x'):
            self.assertTrue(shares.is_export(share), share)
        for share in ('/a:/b', './nas:/a', 'nas:a', 'two words:/a', '-o:/a'):
            self.assertFalse(shares.is_export(share), share)

    def test_only_folders_that_were_not_there_are_missing(self):
        layout = shares.plan(str(self.folder), self.folder, BACKENDS)
        there = layout.views['raw'].path
        there.mkdir()
        self.assertEqual([layout.views['qcow2'].path], layout.missing())

    def test_file_where_the_share_should_be(self):
        self.folder.joinpath('mine').write_text('')
        layout = shares.plan(str(self.folder / 'mine'), self.folder, BACKENDS)
        with self.assertRaisesRegex(
            ShareError, 'cannot make the folder of the share .*Not a directory.*mine'
        ):
            layout.prepare()

    def test_share_that_can_not_be_written(self):
        layout = shares.plan('/proc/self', self.folder, ())
        view = shares.ShareView('localhost:/raw', pathlib.Path('/proc/self/fd'))
        layout = shares.ShareLayout(layout.base, {'raw': view})
        with self.assertRaisesRegex(ShareError, 'localhost:/raw at /proc/self/fd cannot be writt'):
            layout.prepare()

    @unittest.skipUnless(os.geteuid() == 0, 'mounting needs root')
    def test_export_that_mount_refuses(self):
        self.program('mount', 'echo "mount.nfs: access denied by server" >&2; exit 32')
        layout = shares.plan('nas:/vol/a', self.folder, BACKENDS)
        with self.assertRaisesRegex(
            ShareError,
            'cannot mount nas:/vol/a: mount -t nfs -o vers=4.2 nas:/vol/a .*: exit code 32: '
            'mount.nfs: access denied by server',
        ):
            layout.prepare('vers=4.2')

    @unittest.skipIf(os.geteuid() == 0, 'root may mount')
    def test_export_without_root(self):
        with self.assertRaisesRegex(ShareError, 'mounting nas:/vol/a needs root'):
            shares.plan('nas:/vol/a', self.folder, BACKENDS).prepare()
