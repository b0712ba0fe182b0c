# SPDX-License-Identifier: Apache-2.0
import fcntl
import os
import pathlib
import signal
import socket
import stat
import tempfile
import unittest

from driver import advice, files
from tests.unit.driver.hostile import PLANTS, at_once, plant


class FilesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name, 'x')

    def test_regular_file_is_read_up_to_a_limit(self):
        self.path.write_bytes(b'0123456789')
        self.assertEqual(b'0123', files.read(self.path, 4))
        self.assertEqual(b'0123456789', files.read(self.path, 11))

    def test_file_can_be_written(self):
        self.path.touch()
        with files.opened(self.path, os.O_RDWR) as handle:
            files.write(handle, b'x')
        self.assertEqual(b'x', self.path.read_bytes())

    def test_missing_file_is_told_as_such(self):
        with self.assertRaises(FileNotFoundError):
            files.read(self.path, 1)

    def test_anything_else_is_neither_followed_nor_waited_for(self):
        for kind in PLANTS:
            for flags in (os.O_RDONLY, os.O_RDWR):
                with self.subTest(kind, flags=flags), plant(kind, self.path), at_once():
                    refused = self.assertRaisesRegex(files.NotAFile, 'where a regular file should')
                    with refused as caught, files.opened(self.path, flags):
                        self.fail('opened')
                    said = advice.on_file(self.path, caught.exception)
                    self.assertIn('who can write to the share', said)

    def test_kinds_have_one_name_each(self):
        self.assertEqual('', files.kind(stat.S_IFREG | 0o660))
        self.assertEqual('a socket', files.kind(stat.S_IFSOCK | 0o777))
        self.assertEqual('something strange', files.kind(0))

    def test_socket_is_refused(self):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self.path))
            with self.assertRaisesRegex(files.NotAFile, 'a socket'):
                files.read(self.path, 1)

    def test_file_that_another_program_has_a_lease_on_is_opened_once_it_is_given_back(self):
        self.path.write_bytes(b'x')
        with self.path.open('rb') as holder:
            fcntl.fcntl(holder, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            # The kernel asks for it back by a signal.
            before = signal.signal(
                signal.SIGIO, lambda *_: fcntl.fcntl(holder, fcntl.F_SETLEASE, fcntl.F_UNLCK)
            )
            self.addCleanup(signal.signal, signal.SIGIO, before)
            with at_once(), files.opened(self.path, os.O_RDWR) as handle:
                self.assertEqual(b'x', files.read_at(handle, 0, 1))
