# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import socket
from unittest import mock

from driver import access, exceptions, probe
from driver.advice import User
from tests.unit.driver.test_access import FolderCase

MAKER = access.FileMaker(access.SECURE_MODE)


class LookTest(FolderCase):
    def test_folder_that_works(self):
        sight = probe.look(self.folder, MAKER)
        self.assertEqual(User.current(), sight.user)
        self.assertEqual(probe.Owner(os.geteuid(), os.getegid(), 0o660), sight.made)
        self.assertEqual('', sight.lock_failure)
        self.assertEqual('', sight.link_failure)
        self.assertEqual([], os.listdir(self.folder))

    def test_setgid_folder_gives_its_group(self):
        if os.geteuid() != 0:
            self.skipTest('only root can give a folder to any group')
        os.chown(self.folder, 0, 9000)
        self.folder.chmod(0o2775)
        sight = probe.look(self.folder, MAKER)
        self.assertEqual((9000, 9000), (sight.folder.gid, sight.made.gid))

    def test_files_of_other_owners_are_found(self):
        if os.geteuid() != 0:
            self.skipTest('only root can give a file away')
        for name in ('volume-1', 'volume-2', '.hidden'):
            (self.folder / name).touch()
            os.chown(self.folder / name, 64055, 64055)
        (self.folder / 'volume-3').touch()
        found = probe.look(self.folder, MAKER).strangers
        self.assertEqual(['volume-1', 'volume-2'], [each.name for each in found])
        self.assertEqual(64055, found[0].owner.uid)
        self.assertTrue(found[0].usable, 'root may use any file of a local folder')

    def test_server_without_hard_links(self):
        refused = OSError(95, 'Operation not supported')
        with mock.patch('os.link', side_effect=refused):
            sight = probe.look(self.folder, MAKER)
        self.assertEqual('Operation not supported', sight.link_failure)
        self.assertEqual([], os.listdir(self.folder))

    def test_folder_in_which_nothing_can_be_renamed(self):
        denied = OSError(1, 'Operation not permitted')
        with (
            mock.patch('pathlib.Path.rename', side_effect=denied),
            self.assertRaisesRegex(exceptions.ShareError, 'Could not rename'),
        ):
            probe.look(self.folder, MAKER)
        self.assertEqual([], os.listdir(self.folder))

    def test_leftovers_of_a_killed_probe_are_removed_but_not_those_of_a_living_one(self):
        host = socket.gethostname()
        highest = int(pathlib.Path('/proc/sys/kernel/pid_max').read_text())
        living = f'.nova-assist-probe-{host}-1-0a'
        for name in (f'.nova-assist-probe-{host}-{highest}-0b-renamed', living):
            (self.folder / name).touch()
        probe.look(self.folder, MAKER)
        self.assertEqual([living], os.listdir(self.folder))
