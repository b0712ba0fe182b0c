# SPDX-License-Identifier: Apache-2.0
"""What accounts of their own need of the machine, and what is said where it is missing."""

import os
import pathlib
import stat
import sys
import tempfile
import unittest
from unittest import mock

from nova_assist.accounts import Account, Accounts
from nova_assist.cloud import separation, shares
from nova_assist.cloud.errors import FolderError, SettingsError, ShareError
from nova_assist.cloud.host import umask
from nova_assist.cloud.settings import Privilege

ROOT = os.geteuid() == 0
GROUP = 64999
CINDER = Account('cinder', 64001, 64001, (GROUP,))
QEMU = Account('qemu', 64002, 64002, (GROUP,))
ACCOUNTS = Accounts(CINDER, QEMU, Account('outsider', 64003, 64003))


class PrivilegeTest(unittest.TestCase):
    def test_without_accounts_cinder_has_our_rights(self):
        options = {'nas_secure_file_operations': 'true'}
        self.assertIs(Privilege.OURS, separation.privilege(None, options))

    def test_secure_operations_go_without_root(self):
        for value, privilege in (
            ('true', Privilege.NONE),
            ('auto', Privilege.NONE),
            ('False', Privilege.SUDO),
        ):
            options = {'nas_secure_file_operations': value}
            self.assertIs(privilege, separation.privilege(ACCOUNTS, options), value)
        self.assertIs(Privilege.SUDO, separation.privilege(ACCOUNTS, {}))


class ReadableTest(unittest.TestCase):
    def test_umask_is_ours_again_in_the_end(self):
        before = os.umask(0o077)
        self.addCleanup(os.umask, before)
        with separation.readable():
            self.assertEqual(0o022, umask())
        self.assertEqual(0o077, umask())


@unittest.skipUnless(ROOT, 'giving folders away needs root')
class FoldersTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_python_that_an_account_can_not_run(self):
        python = self.folder / 'python'
        python.symlink_to(sys.executable)
        words = (
            r'account cinder \(uid 64001\), which is to be cinder, cannot run .*python: '
            r'.*Permission denied.*(closed to that account: make|has to be able to read)'
        )
        patched = mock.patch.object(sys, 'executable', str(python))
        with patched, self.assertRaisesRegex(SettingsError, words):
            separation.check_programs(ACCOUNTS, os.environ)

    def test_folder_of_ours_can_be_passed_but_not_listed(self):
        separation.let_pass(self.folder, ACCOUNTS)
        self.assertEqual(0o711, stat.S_IMODE(self.folder.stat().st_mode))

    def test_folder_in_a_closed_one(self):
        inner = self.folder / 'inner'
        inner.mkdir()
        with self.assertRaisesRegex(FolderError, r'cinder \(uid 64001\) cannot get to .*TMPDIR'):
            separation.let_pass(inner, ACCOUNTS)

    def test_each_gets_its_folders_and_the_share_is_for_the_group(self):
        layout = shares.plan(None, self.folder, ('raw',))
        folders = [self.folder / name for name in ('cinder', 'compute', 'scratch', 'share')]
        for folder in folders:
            folder.mkdir()
        separation.give_folders(ACCOUNTS, *folders[:3], layout)
        found = [(each.st_uid, each.st_gid) for each in map(os.stat, folders)]
        self.assertEqual([(64001, 64001), (64002, 64001), (64001, 64001), (64001, GROUP)], found)
        self.folder.chmod(0o755)
        layout.prepare(account=CINDER)
        made = layout.views['raw'].path.stat()
        self.assertEqual((64001, GROUP), (made.st_uid, made.st_gid))
        self.assertTrue(made.st_mode & stat.S_ISGID)

    def test_accounts_without_a_group_in_common(self):
        apart = Accounts(CINDER, Account('qemu', 64002, 64002), ACCOUNTS.outsider)
        layout = shares.plan(None, self.folder, ())
        layout.base.mkdir()
        with self.assertRaisesRegex(ShareError, r'qemu \(uid 64002\) have no group in common'):
            separation.give_folders(apart, *[layout.base] * 3, layout)

    def test_share_of_others_that_the_account_can_not_write(self):
        self.folder.chmod(0o755)
        with self.assertRaisesRegex(ShareError, r'cannot make .* by account cinder \(uid 64001\)'):
            shares.plan(str(self.folder), self.folder, ('raw',)).prepare(account=CINDER)
        path = shares.plan(str(self.folder), self.folder, ('raw',)).views['raw'].path
        path.mkdir()
        with self.assertRaisesRegex(
            ShareError, r'written by account cinder.*give the folder to c'
        ):
            shares.plan(str(self.folder), self.folder, ('raw',)).prepare(account=CINDER)

    def test_root_is_somebody_in_a_local_folder(self):
        os.chown(self.folder, CINDER.uid, CINDER.gid)
        self.assertFalse(separation.root_is_squashed(self.folder, CINDER))
        self.assertEqual([], os.listdir(self.folder))
