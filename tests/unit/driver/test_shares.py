# SPDX-License-Identifier: Apache-2.0
import dataclasses
import os
import pathlib
import tempfile
import unittest

from driver import access, exceptions, shares
from driver.options import Settings
from driver.shares import Capacity, Shares
from tests.unit.driver import builders

GIB = builders.GIB


def settings(folder, **changes):
    base = Settings(
        shares_config=pathlib.Path(folder, 'shares'),
        nas_share=None,
        mount_options=None,
        mount_base=pathlib.Path(folder),
        mount_attempts=1,
        sparse=True,
        qcow2=False,
        snapshots=True,
        secure_permissions=False,
        reserved=0.1,
        create_timeout=1,
        delete_timeout=1,
    )
    return dataclasses.replace(base, **changes)


class SharesCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def shares(self, over_subscription=2.0, **changes):
        # No helper: the tests run mount as whoever they are, and expect it to fail.
        return Shares(settings(self.folder, **changes), over_subscription, '')

    def write_list(self, text):
        (self.folder / 'shares').write_text(text)


class ListTest(SharesCase):
    def test_list_as_cinder_documents_it(self):
        self.write_list('# a comment\n\nhost:/one\nhost:/two\\040words -o vers=4.2,nconnect=2\n')
        self.assertEqual(
            {'host:/one': None, 'host:/two words': '-o vers=4.2,nconnect=2'},
            shares._configured(settings(self.folder)),
        )

    def test_nas_options_replace_the_list(self):
        found = shares._configured(
            settings(self.folder, nas_share='host:/nas', mount_options='vers=4.2')
        )
        self.assertEqual({'host:/nas': '-o vers=4.2'}, found)

    def test_bad_lists_are_named(self):
        for text, words in (
            ('', 'names no share'),
            ('/folder\n', 'looks like host:/export'),
        ):
            self.write_list(text)
            with self.subTest(words), self.assertRaisesRegex(exceptions.ConfigurationError, words):
                shares._configured(settings(self.folder))

    def test_missing_list_is_named(self):
        with self.assertRaisesRegex(exceptions.ConfigurationError, 'nfs_shares_config'):
            shares._configured(settings(self.folder))


class MountTest(SharesCase):
    def test_share_that_cannot_be_mounted_is_named(self):
        self.write_list('nowhere.invalid:/export\n')
        with self.assertRaisesRegex(exceptions.ShareError, 'nowhere.invalid:/export'):
            self.shares().mount()


class RoomTest(SharesCase):
    def test_room_by_reserve_and_by_promise(self):
        small = Capacity(total=10 * GIB, free=5 * GIB, allocated=0)
        cases = (
            (small, GIB, True),
            (dataclasses.replace(small, free=GIB // 2), GIB, False),
            (dataclasses.replace(small, allocated=19 * GIB), 2 * GIB, False),
            (small, 20 * GIB, False),
        )
        for capacity, size, fits in cases:
            with self.subTest(capacity=capacity, size=size):
                self.assertEqual(fits, self.shares().fits(capacity, size))


class AccessTest(SharesCase):
    def test_made_file_has_its_mode_whatever_the_umask(self):
        for umask in (0, 0o022, 0o077):
            for mode in (access.SECURE_MODE, access.OPEN_MODE):
                with self.subTest(umask=umask, mode=mode):
                    old = os.umask(umask)
                    try:
                        access.FileMaker(mode).make(self.folder / 'x')
                    finally:
                        os.umask(old)
                    self.assertEqual(mode, builders.mode_of(self.folder / 'x'))

    def test_leftover_of_an_interrupted_operation_is_replaced(self):
        (self.folder / 'x').write_text('leftover')
        access.FileMaker(access.SECURE_MODE).make(self.folder / 'x')
        self.assertEqual('', (self.folder / 'x').read_text())

    def test_probe_names_a_folder_that_cannot_be_written(self):
        maker = access.FileMaker(access.SECURE_MODE)
        access.probe(self.folder, maker)
        self.assertEqual([], os.listdir(self.folder))
        with self.assertRaisesRegex(exceptions.ShareError, 'write access'):
            access.probe(self.folder / 'missing', maker)

    def test_auto_means_secure_on_a_new_install_and_ever_after(self):
        self.assertFalse(access.resolve_auto(self.folder, new_install=False))
        self.assertTrue(access.resolve_auto(self.folder, new_install=True))
        self.assertEqual([access.MARKER], os.listdir(self.folder))
        self.assertEqual(access.MARKER_MODE, builders.mode_of(self.folder / access.MARKER))
        self.assertTrue(access.resolve_auto(self.folder, new_install=False))
