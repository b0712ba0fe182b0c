# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import re
import tempfile
import threading
import unittest
from unittest import mock

from driver import access, exceptions
from tests.unit.driver import builders


class FolderCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.addCleanup(os.umask, os.umask(0o022))


class MakingTest(FolderCase):
    def test_made_file_has_its_mode_whatever_the_umask(self):
        for umask in (0, 0o022, 0o077):
            for mode in (access.SECURE_MODE, access.OPEN_MODE):
                with self.subTest(umask=umask, mode=mode):
                    os.umask(umask)
                    access.FileMaker(mode).make(self.folder / 'x')
                    self.assertEqual(mode, builders.mode_of(self.folder / 'x'))
                    self.assertEqual(umask, os.umask(umask), 'the umask is as it was')

    def test_mode_is_there_from_the_first_moment(self):
        if not access._take_own_umask():
            self.skipTest('unshare(2) is forbidden here, so a thread has no umask of its own')
        os.umask(0o077)
        with mock.patch('os.fchmod', side_effect=OSError('changed afterwards')):
            access.FileMaker(access.SECURE_MODE).make(self.folder / 'x')
        self.assertEqual(access.SECURE_MODE, builders.mode_of(self.folder / 'x'))

    def test_mode_is_right_where_the_umask_can_not_be_set_aside(self):
        os.umask(0o077)
        with mock.patch.object(access, '_CLONE_FS', -1):
            access.FileMaker(access.OPEN_MODE).make(self.folder / 'x')
        self.assertEqual(access.OPEN_MODE, builders.mode_of(self.folder / 'x'))

    def test_other_threads_keep_their_umask_meanwhile(self):
        if not access._take_own_umask():
            self.skipTest('unshare(2) is forbidden here, so a thread has no umask of its own')
        path = self.folder / 'log'
        other, begin = threading.Event(), threading.Event()

        def write_log():
            os.umask(0o027)
            other.set()
            begin.wait(10)
            os.close(os.open(path, os.O_CREAT, 0o666))

        thread = threading.Thread(target=write_log)
        thread.start()
        other.wait(10)
        with access._without_umask():
            begin.set()
            thread.join(10)
        self.assertEqual(0o640, builders.mode_of(path))

    def test_leftover_of_an_interrupted_operation_is_replaced(self):
        (self.folder / 'x').write_text('leftover')
        access.FileMaker(access.SECURE_MODE).make(self.folder / 'x')
        self.assertEqual('', (self.folder / 'x').read_text())

    def test_folder_that_is_gone_is_named(self):
        with self.assertRaisesRegex(exceptions.ShareError, 'missing/x: .* is mounted'):
            access.FileMaker(access.SECURE_MODE).make(self.folder / 'missing' / 'x')


class OnlyMakerTest(unittest.TestCase):
    """Whatever else makes a file would give it the umask's mode."""

    MAKES = re.compile(
        r"""O_CREAT|write_text|write_bytes|touch\(|mkstemp|NamedTemporary|open\([^)]*['"][wxa]"""
    )

    def test_no_other_module_makes_files(self):
        for path in pathlib.Path(access.__file__).parent.glob('*.py'):
            if path.name != 'access.py':
                self.assertIsNone(self.MAKES.search(path.read_text()), path.name)

    def test_one_that_did_would_be_found(self):
        self.assertRegex(pathlib.Path(access.__file__).read_text(), self.MAKES)
        self.assertRegex("open(path, 'wb')", self.MAKES)
