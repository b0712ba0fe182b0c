# SPDX-License-Identifier: Apache-2.0
"""Acting as another account, and the accounts that can't play their part."""

import os
import pathlib
import pwd
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

from nova_assist.accounts import Account, AccountError, Accounts, ourselves

ROOT = os.geteuid() == 0
OURS, THEIRS, THIRD = (
    Account(name, uid, uid) for name, uid in (('a', 901), ('b', 902), ('c', 903))
)


class NamedTest(unittest.TestCase):
    def test_account_of_the_machine_has_its_ids_and_groups(self):
        entry = pwd.getpwuid(os.geteuid())
        found = Account.named(entry.pw_name)
        self.assertEqual((entry.pw_uid, entry.pw_gid), (found.uid, found.gid))
        self.assertIn(entry.pw_gid, found.groups)

    def test_account_that_does_not_exist(self):
        with self.assertRaisesRegex(AccountError, "has no account 'nosuch'"):
            Account.named('nosuch')

    @unittest.skipIf(ROOT, 'root may')
    def test_parts_without_root(self):
        with self.assertRaisesRegex(AccountError, 'has to start as root.* run it with sudo'):
            Accounts.named({})

    @unittest.skipUnless(ROOT, 'needs root')
    def test_part_that_nobody_can_play_names_the_option(self):
        with self.assertRaisesRegex(
            AccountError, "no account 'nosuch', which was to be hypervisor.*--account hypervisor=N"
        ):
            Accounts.named({'cinder': 'daemon', 'hypervisor': 'nosuch'})

    @unittest.skipUnless(ROOT, 'needs root')
    def test_root_may_be_cinder_but_plays_no_other_part(self):
        found = Accounts.named({'cinder': 'root', 'hypervisor': 'daemon'})
        self.assertEqual(0, found.cinder.uid)
        with self.assertRaisesRegex(AccountError, 'hypervisor can not be root.*hypervisor=NAME'):
            Accounts.named({'cinder': 'daemon', 'hypervisor': 'root'})

    @unittest.skipUnless(ROOT, 'needs root')
    def test_two_parts_of_one_account_would_tell_nothing(self):
        with self.assertRaisesRegex(AccountError, 'cinder and hypervisor are both account daemon'):
            Accounts.named({'cinder': 'daemon', 'hypervisor': 'daemon', 'outsider': 'nobody'})


class SharedGroupTest(unittest.TestCase):
    def group(self, ours, theirs, others):
        accounts = zip((OURS, THEIRS, THIRD), (ours, theirs, others), strict=True)
        return Accounts(
            *(Account(each.name, each.uid, each.gid, groups) for each, groups in accounts)
        ).shared_group()

    def test_group_of_both_but_not_of_the_outsider(self):
        self.assertEqual(99, self.group((1, 99), (99, 2), (1, 2)))

    def test_group_of_everybody_does_not_count(self):
        self.assertIsNone(self.group((99,), (99,), (99,)))


@unittest.skipUnless(ROOT, 'acting as others needs root')
class FilesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o777)
        self.closed = self.folder / 'closed'
        self.closed.touch(mode=0o600)

    def test_files_are_made_and_refused_as_the_account(self):
        with OURS.files():
            (self.folder / 'made').touch()
            with self.assertRaises(PermissionError):
                self.closed.read_bytes()
        status = (self.folder / 'made').stat()
        self.assertEqual((901, 901), (status.st_uid, status.st_gid))
        self.assertEqual(b'', self.closed.read_bytes())

    def test_other_threads_stay_what_they_are(self):
        with ThreadPoolExecutor(1) as other:
            other.submit(os.getpid).result()  # the thread is there before we act as another
            with OURS.files():
                self.assertEqual(b'', other.submit(self.closed.read_bytes).result())

    def test_files_are_reached_as_ourselves_within(self):
        with OURS.files():
            with ourselves():
                self.assertEqual(b'', self.closed.read_bytes())
            with self.assertRaises(PermissionError):
                self.closed.read_bytes()

    def test_groups_count_once_they_are_joined(self):
        os.chown(self.closed, 0, 99)
        self.closed.chmod(0o640)
        account = Account('a', 901, 901, (99,))
        before = os.getgroups()
        with account.joined(), account.files():
            self.assertEqual(b'', self.closed.read_bytes())
        self.assertEqual(before, os.getgroups())
        with account.files(), self.assertRaises(PermissionError):
            self.closed.read_bytes()


@unittest.skipIf(ROOT, 'root may')
class WithoutRootTest(unittest.TestCase):
    def test_nobody_else_can_be_acted_as(self):
        with self.assertRaisesRegex(AccountError, 'only root can act as account a'), OURS.files():
            self.fail('acted as another')
