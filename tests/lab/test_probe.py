# SPDX-License-Identifier: Apache-2.0
"""What the driver finds when it looks at a share, as ``nova-assist check`` tells an operator."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import unittest

from tests.lab import nfs


@contextlib.contextmanager
def changed(path, mode=None, uid=-1, gid=-1):
    """Have a file of the server's own view be another's for a while."""
    before = os.stat(path)
    os.chown(path, uid, gid)
    os.chmod(path, before.st_mode if mode is None else mode)
    try:
        yield
    finally:
        os.chown(path, before.st_uid, before.st_gid)
        os.chmod(path, before.st_mode)


@nfs.needs_lab
class ProbeTest(unittest.TestCase):
    def check(self, export=nfs.SQUASH, version='4.2', options='', account='cinder'):
        """Return the exit code and what was found."""
        with nfs.mounted(export, version, options) as share:
            words = ['check', '--access', str(share), '-f', 'json']
            words += ['--account', account] if account else []
            ended = subprocess.run(
                [sys.executable, '-m', 'nova_assist', *words],
                capture_output=True,
                text=True,
                timeout=120,
            )
            self.assertEqual([], os.listdir(export), 'what the probe has left')
        return ended.returncode, json.loads(ended.stdout)

    def assert_refused(self, words, **where):
        code, found = self.check(**where)
        self.assertEqual(1, code, found)
        self.assertRegex(' '.join(found['refusals']), words)

    def test_share_that_works_with_root_squashed_and_not(self):
        for export, squashed in ((nfs.SQUASH, True), (nfs.TRUSTING, False)):
            for version in nfs.VERSIONS:
                with self.subTest(export=export, version=version):
                    code, found = self.check(export, version)
                    self.assertEqual((0, []), (code, found['advice']))
                    self.assertEqual(squashed, found['root_squashed'])
                    self.assertIn('files become cinder:volumes 0660', found['summary'])

    def test_service_as_root(self):
        self.assert_refused('This process is root, and the server squashes root', account=None)
        code, found = self.check(nfs.TRUSTING, account=None)
        self.assertEqual(0, code)
        self.assertIn('works as root, which is not squashed', found['summary'])

    def test_account_outside_the_group(self):
        self.assert_refused('usermod -aG volumes outsider', account='outsider')

    def test_locks_that_stay_on_the_host(self):
        self.assert_refused('nolock', version='3', options='nolock')

    def test_mount_that_gives_up(self):
        code, found = self.check(options='soft')
        self.assertEqual(0, code)
        self.assertIn('Mount "hard"', ' '.join(found['advice']))

    def test_share_that_is_read_only(self):
        with nfs.read_only(nfs.SQUASH):
            self.assert_refused('give "rw" in its export')

    def test_folder_that_is_not_setgid(self):
        with changed(nfs.SQUASH, mode=0o775):
            code, found = self.check()
        self.assertEqual(0, code)
        self.assertIn(
            'group cinder and not that of the folder, volumes', ' '.join(found['advice'])
        )

    def test_folder_that_the_group_may_not_change(self):
        with changed(nfs.SQUASH, mode=0o2755, uid=0):
            self.assert_refused('root:volumes 2755.*chmod 2771')

    def test_folder_that_libvirtd_can_not_look_into(self):
        with changed(nfs.SQUASH, mode=0o2770):
            code, found = self.check()
        self.assertEqual(0, code)
        self.assertIn('chmod o+x the folder', ' '.join(found['advice']))

    def test_files_that_libvirt_has_taken(self):
        taken = pathlib.Path(nfs.SQUASH, 'volume-taken')
        taken.touch()
        try:
            taken.chmod(0o660)
            os.chown(taken, 0, 0)
            with nfs.mounted(nfs.SQUASH) as share:
                ended = subprocess.run(
                    [
                        *(sys.executable, '-m', 'nova_assist', 'check', '--access', str(share)),
                        *('--account', 'cinder'),
                    ],
                    capture_output=True,
                    text=True,
                    timeout=120,
                )
        finally:
            taken.unlink()
        self.assertEqual(0, ended.returncode, ended.stderr)
        said = ' '.join(ended.stdout.split())
        self.assertIn('can not use volume-taken (root:root 0660)', said)
        self.assertIn('dynamic_ownership = 0', said)
