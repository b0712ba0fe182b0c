# SPDX-License-Identifier: Apache-2.0
"""Whose the files of a share should be."""

import os
import pathlib
import tempfile
import unittest

from nova_assist.accounts import Account, Accounts
from nova_assist.checks.scene import Ownership
from nova_assist.cloud.shares import ShareView
from nova_assist.scenarios.secure import expected_ownership

ACCOUNTS = Accounts(
    Account('cinder', 64001, 64002), Account('qemu', 64003, 64003), Account('other', 64004, 64004)
)


class OwnershipTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.share = ShareView('localhost:/raw', pathlib.Path(folder.name))

    def test_files_are_ours_and_open_to_all(self):
        expected = Ownership(os.geteuid(), os.getegid(), 0o666)
        self.assertEqual(expected, expected_ownership(self.share, {}))
        self.assertEqual([], list(self.share.path.iterdir()))

    def test_secure_permissions_close_files_to_others(self):
        modes = (('true', 0o660), ('True', 0o660), ('auto', 0o660), ('false', 0o666))
        for value, mode in modes:
            with self.subTest(value):
                options = {'nas_secure_file_permissions': value}
                self.assertEqual(mode, expected_ownership(self.share, options).mode)

    @unittest.skipUnless(os.geteuid() == 0, 'only root may give files away')
    def test_files_have_the_group_of_a_share_that_passes_it_on(self):
        os.chown(self.share.path, -1, 64055)
        self.share.path.chmod(0o2770)
        self.assertEqual(64055, expected_ownership(self.share, {}).gid)

    def test_files_of_an_account_have_its_group(self):
        options = {'nas_secure_file_permissions': 'true'}
        expected = Ownership(64001, 64002, 0o660)
        self.assertEqual(expected, expected_ownership(self.share, options, ACCOUNTS))

    @unittest.skipUnless(os.geteuid() == 0, 'only root may give files away')
    def test_files_of_an_account_have_the_group_that_the_share_passes_on(self):
        os.chown(self.share.path, -1, 64055)
        self.share.path.chmod(0o2775)
        expected = Ownership(64001, 64055, 0o666)
        self.assertEqual(expected, expected_ownership(self.share, {}, ACCOUNTS))
