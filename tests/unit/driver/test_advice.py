# SPDX-License-Identifier: Apache-2.0
import errno
import os
import pathlib
import stat
import tempfile
import unittest

from driver import advice
from driver.advice import User

CINDER = User(9001, 9001, frozenset({9001, 9000}))


def status(mode, uid, gid):
    return os.stat_result((mode, 0, 0, 0, uid, gid, 0, 0, 0, 0))


def folder(mode=0o2775, uid=9001, gid=9000):
    return status(stat.S_IFDIR | mode, uid, gid)


class DeniedFolderTest(unittest.TestCase):
    def said(self, found, user=CINDER):
        return advice.denied_folder(found, user)

    def test_root_that_is_squashed(self):
        said = self.said(folder(), User(0, 0, frozenset({0})))
        self.assertRegex(said, 'root_squash.*ordinary user in the group 9000.*no_root_squash')

    def test_folder_that_its_group_may_not_change(self):
        self.assertRegex(self.said(folder(0o2755)), '9001:9000 2755.*chmod 2771')

    def test_user_outside_the_group(self):
        outside = User(9001, 9001, frozenset({9001}))
        self.assertRegex(self.said(folder(), outside), 'usermod -aG 9000 9001')

    def test_user_in_more_groups_than_the_protocol_carries(self):
        groups = frozenset(range(9000, 9018))
        self.assertRegex(self.said(folder(), User(9001, 9001, groups)), '18 groups.*carries 16')

    def test_server_that_sees_other_ids(self):
        self.assertRegex(self.said(folder()), 'uids and gids have to agree')


class DeniedFileTest(unittest.TestCase):
    def said(self, mode, uid, gid):
        return advice.denied_file(status(stat.S_IFREG | mode, uid, gid), folder(), CINDER)

    def test_file_that_libvirt_gave_back_as_root(self):
        said = self.said(0o660, 0, 0)
        self.assertRegex(said, 'root:root 0660.*dynamic_ownership = 0 .*chown 9001:9000')

    def test_own_file_with_a_wrong_mode(self):
        self.assertRegex(self.said(0o444, 9001, 9000), '0444: on the server, chmod 660')

    def test_file_where_root_is_squashed(self):
        root = User(0, 0, frozenset({0}))
        file = status(stat.S_IFREG | 0o660, 9001, 9000)
        said = advice.denied_file(file, folder(), root)
        self.assertRegex(said, 'root_squash.*work as the account of cinder-volume')


class ErrnoTest(unittest.TestCase):
    def test_each_cause_has_its_own_advice(self):
        for number, words in (
            (errno.EROFS, 'read-only'),
            (errno.ENOSPC, 'full'),
            (errno.EDQUOT, 'quota'),
            (errno.ESTALE, 'export it again'),
            (errno.EIO, 'mount it "hard"'),
            (errno.ENOENT, 'is mounted'),
            (errno.EINVAL, 'server runs'),
        ):
            error = OSError(number, os.strerror(number))
            for said in (
                advice.on_folder(pathlib.Path('/'), error),
                advice.on_file(pathlib.Path('/x'), error),
            ):
                with self.subTest(number=number):
                    self.assertIn(words, said)

    def test_denied_file_of_a_folder_that_can_not_even_be_seen(self):
        with tempfile.TemporaryDirectory() as name:
            missing = pathlib.Path(name, 'gone')
            denied = OSError(errno.EACCES, 'Permission denied')
            self.assertRegex(advice.on_file(missing / 'x', denied), f'access to {missing}')


class OutputTest(unittest.TestCase):
    def test_cause_that_a_command_prints_has_the_same_advice(self):
        printed = 'qemu-img: error while writing: No space left on device'
        self.assertIn('full', advice.on_output(printed))

    def test_cause_that_is_not_known(self):
        self.assertEqual('', advice.on_output('qemu-img: Image is corrupt'))


class NameTest(unittest.TestCase):
    def test_ids_without_a_name_are_numbers(self):
        self.assertEqual('root', advice.user_name(0))
        self.assertEqual('54321', advice.user_name(54321))
        self.assertEqual('54321', advice.group_name(54321))

    def test_current_user_is_in_its_own_group(self):
        self.assertIn(os.getegid(), User.current().groups)
