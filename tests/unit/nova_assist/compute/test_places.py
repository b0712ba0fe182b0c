# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import hashlib
import os
import pathlib
import tempfile
import unittest
from unittest import mock

from nova_assist.compute import errors
from nova_assist.compute.model import ConnectionInfo, DiskSource, ImageFormat
from nova_assist.compute.run_folder import LONGEST_SOCKET_PATH, RunFolder
from nova_assist.compute.shares import Shares

SERVER_ID = '0b0a39a6-6d13-4b1b-9d1e-5a9b8ed1c001'


class RunFolderTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def deep(self) -> pathlib.Path:
        folder = self.folder / ('x' * 100)
        folder.mkdir()
        return folder

    def test_sockets_are_below_a_short_folder_itself(self) -> None:
        path = RunFolder(self.folder).path(SERVER_ID, 'qmp')
        self.assertEqual(path.parent, self.folder / 'run')

    def test_a_deep_folder_gets_short_socket_paths(self) -> None:
        path = RunFolder(self.deep()).path(SERVER_ID, 'qmp')
        self.addCleanup(path.parent.rmdir)
        self.assertLessEqual(len(os.fsencode(path)), LONGEST_SOCKET_PATH)

    def test_a_deep_temporary_directory_is_no_obstacle(self) -> None:
        deep = self.deep()
        with mock.patch.object(tempfile, 'tempdir', str(deep)):
            path = RunFolder(deep).path(SERVER_ID, 'qmp')
        self.addCleanup(path.parent.rmdir)
        self.assertLessEqual(len(os.fsencode(path)), LONGEST_SOCKET_PATH)

    def test_a_restarted_service_finds_the_same_sockets(self) -> None:
        deep = self.deep()
        path = RunFolder(deep).path(SERVER_ID, 'qmp')
        self.addCleanup(path.parent.rmdir)
        self.assertEqual(RunFolder(deep).path(SERVER_ID, 'qmp'), path)

    def test_a_folder_cleaned_away_since_is_made_anew(self) -> None:
        deep = self.deep()
        RunFolder(deep).path(SERVER_ID, 'qmp').parent.rmdir()
        path = RunFolder(deep).path(SERVER_ID, 'qmp')
        self.addCleanup(path.parent.rmdir)
        self.assertTrue(path.parent.is_dir())

    def test_nothing_is_left_when_no_daemon_is(self) -> None:
        deep = self.deep()
        run_folder = RunFolder(deep)
        short = run_folder.path(SERVER_ID, 'qmp').parent
        run_folder.path(SERVER_ID, 'pid').touch()
        run_folder.remove_if_unused()
        self.assertTrue(short.exists(), 'a daemon was still there')
        run_folder.forget(SERVER_ID)
        run_folder.remove_if_unused()
        self.assertFalse(short.exists())
        self.assertEqual(list(deep.iterdir()), [])


class SharesTest(unittest.TestCase):
    connection = ConnectionInfo('nfs', 'host:/share', 'volume-1', ImageFormat.QCOW2)

    def test_the_mount_point_is_named_after_the_share_as_nova_names_it(self) -> None:
        name = hashlib.md5(b'host:/share').hexdigest()
        self.assertEqual(
            Shares('/base', local=True).source(self.connection, None),
            DiskSource(f'/base/{name}/volume-1', ImageFormat.QCOW2),
        )

    def test_a_share_that_is_not_mounted_is_refused(self) -> None:
        with self.assertRaisesRegex(errors.DiskError, 'host:/share is not mounted at /base/'):
            Shares('/base', local=False).source(self.connection, None)

    def test_only_a_file_with_a_luks_header_is_opened_with_a_passphrase(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        folder = pathlib.Path(temporary.name)
        share = folder / hashlib.md5(b'host:/share').hexdigest()
        share.mkdir()
        raw = dataclasses.replace(self.connection, format=ImageFormat.RAW)
        for head in (b'', b'QFI\xfb', bytes(512)):
            (share / 'volume-1').write_bytes(head)
            with self.assertRaisesRegex(errors.DiskError, 'Nova would format it'):
                Shares(str(folder), local=True).source(raw, 'secret')
        (share / 'volume-1').write_bytes(b'LUKS\xba\xbe\x00\x01')
        source = Shares(str(folder), local=True).source(raw, 'secret')
        self.assertEqual(ImageFormat.LUKS, source.format)
        self.assertNotIn('secret', repr(source))
