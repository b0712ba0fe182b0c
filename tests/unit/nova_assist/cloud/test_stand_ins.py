# SPDX-License-Identifier: Apache-2.0
"""What Cinder finds where it wants to become root."""

import os
import pathlib
import subprocess
import tempfile
import unittest
from unittest import mock

from nova_assist.cloud.errors import MissingToolError
from nova_assist.cloud.settings import Privilege
from nova_assist.cloud.stand_ins import StandIns

COMMAND = ('sudo', '-n', 'cinder-rootwrap', '/etc/cinder/rootwrap.conf', 'echo', 'a b')


class StandInsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def made(self, privilege, local=True):
        stand_ins = StandIns(self.folder / 'it is', local, privilege)
        stand_ins.write(None)
        return stand_ins

    def run_it(self, *command):
        """Run a command with the stand-ins first in the PATH."""
        path = {'PATH': f'{self.folder}/it is:/usr/bin:/bin', 'NOVA_ASSIST_CLOUD': 'mark'}
        return subprocess.run(command, env=path, capture_output=True, text=True)

    def test_sudo_of_ours_runs_the_command_of_rootwrap(self):
        self.made(Privilege.OURS)
        self.assertEqual('a b\n', self.run_it(*COMMAND).stdout)

    def test_there_is_nothing_to_mount_in_a_local_folder(self):
        self.made(Privilege.NONE)
        self.assertEqual(0, self.run_it('mount', '-t', 'nfs', 'a:/b', '/c').returncode)

    def test_nobody_is_blamed_for_mounting_a_local_folder_as_root(self):
        stand_ins = self.made(Privilege.NONE)
        mount = ('sudo', 'cinder-rootwrap', 'rootwrap.conf', 'mount', '-t', 'nfs', 'a:/b', '/c')
        self.assertEqual(0, self.run_it(*mount).returncode)
        self.assertEqual('', stand_ins.asked_for_root.read_text())

    def test_mounting_an_export_as_root_is_asking_for_root(self):
        stand_ins = self.made(Privilege.NONE, local=False)
        self.assertEqual(1, self.run_it('sudo', 'mount', 'a:/b', '/c').returncode)
        self.assertEqual('sudo mount a:/b /c\n', stand_ins.asked_for_root.read_text())

    def test_export_is_mounted_by_the_machine_s_own_program(self):
        stand_ins = self.made(Privilege.NONE, local=False)
        self.assertFalse((stand_ins.folder / 'mount').exists())

    def test_asking_for_root_fails_and_is_remembered(self):
        stand_ins = self.made(Privilege.NONE)
        for command in (COMMAND, ('privsep-helper', '--context', 'x'), ('cinder-rootwrap',)):
            ended = self.run_it(*command)
            self.assertEqual(1, ended.returncode)
            self.assertIn('this run has no root', ended.stderr)
        self.assertEqual(
            f'{" ".join(COMMAND)}\nprivsep-helper --context x\ncinder-rootwrap \n',
            stand_ins.asked_for_root.read_text(),
        )

    def test_what_an_earlier_cloud_asked_is_forgotten(self):
        stand_ins = self.made(Privilege.NONE)
        self.run_it('sudo', 'x')
        stand_ins.write(None)
        self.assertEqual('', stand_ins.asked_for_root.read_text())

    def test_sudo_of_the_machine_keeps_path_and_mark(self):
        real = self.folder / 'real'
        real.mkdir()
        (real / 'sudo').write_text(
            '#!/bin/sh\nexec /usr/bin/env -i /bin/sh -c \'shift; "$@"\' x "$@"\n'
        )
        (real / 'sudo').chmod(0o755)
        with mock.patch.dict(os.environ, PATH=str(real)):
            self.made(Privilege.SUDO)
        ended = self.run_it('sudo', 'cinder-rootwrap', 'rootwrap.conf', 'env')
        self.assertIn('NOVA_ASSIST_CLOUD=mark\n', ended.stdout, ended.stderr)
        self.assertIn('/it is:', ended.stdout)

    def test_machine_without_sudo(self):
        patched = mock.patch.dict(os.environ, PATH=str(self.folder))
        with patched, self.assertRaisesRegex(MissingToolError, 'sudo is not installed'):
            self.made(Privilege.SUDO)
