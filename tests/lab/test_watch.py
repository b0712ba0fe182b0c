# SPDX-License-Identifier: Apache-2.0
"""The judges of a secure run, where it matters: on the kernel's NFS, each with a bad case.

Runs inside the lab.
"""

import os
import pathlib
import subprocess
import tempfile
import time
import unittest

from nova_assist.accounts import Accounts
from nova_assist.checks import scene
from nova_assist.checks.watch import WatchJudge
from nova_assist.cloud.host import child_environment
from tests.accounts import SECURE
from tests.judged import OURS, judged

_IN_LAB = os.environ.get('NOVA_ASSIST_LAB') == '1'
_EXPORT = '127.0.0.1:/srv/squash'
_TIMES = 100
_MILLISECOND = 0.001
_OVER_NFS = (*SECURE, '--share', _EXPORT, '--option', 'nfs_mount_options=vers=4.2')


@unittest.skipUnless(_IN_LAB, 'needs the lab: a kernel NFS server, accounts, root')
class WatchTest(unittest.TestCase):
    def watch(self, version):
        """Mount the share, make files as a bad driver would, and return what was seen."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        subprocess.run(['mount', '-o', f'vers={version}', _EXPORT, folder.name], check=True)
        self.addCleanup(subprocess.run, ['umount', folder.name], check=True)
        accounts = Accounts.named({'hypervisor': 'qemu', 'outsider': 'outsider'})
        share = pathlib.Path(folder.name)
        group = share.stat().st_gid
        expected = scene.Ownership(accounts.cinder.uid, group, 0o660)
        with (
            accounts.cinder.joined(),
            accounts.cinder.files(),
            WatchJudge(share, expected, accounts.cinder, child_environment()) as watch,
        ):
            for number in range(_TIMES):
                _make_late(share / f'volume-{number:08x}-bad')
            return list(watch.judge(scene.Scene(share, (), expected), {}))

    def test_file_that_is_0644_for_a_millisecond_is_seen_each_time(self):
        for version in ('4.2', '3'):
            with self.subTest(version):
                found = self.watch(version)
                self.assertEqual(_TIMES, len(found))
                self.assertRegex(found[0].fault, 'was mode 0644, expected 0660')


@unittest.skipUnless(_IN_LAB, 'needs the lab: a kernel NFS server, accounts, root')
class SecureRunTest(unittest.TestCase):
    def assert_found(self, driver, words):
        """See that a broken driver fails for one reason, whichever files it concerns."""
        run = judged(
            f'tests.functional.broken_drivers.{driver}',
            *_OVER_NFS,
            scenarios=('offline-chain-raw',),
        )
        self.assertEqual(1, run.code, run.said)
        faults = run.faults('offline-chain-raw')
        self.assertTrue(faults, run.said)
        for fault in faults:
            self.assertRegex(fault, f'^access: {words}')
        return faults

    def test_files_that_others_may_read_and_the_hypervisor_can_not_write(self):
        faults = self.assert_found('Makes0644Files', '')
        self.assertRegex('\n'.join(faults), 'is mode 0644, expected 0660')
        self.assertRegex('\n'.join(faults), r'the hypervisor, account qemu .* can read volume')
        self.assertRegex('\n'.join(faults), r'the outsider, account outsider .* can read volume')
        self.assertRegex('\n'.join(faults), r'root, account root .* can read volume')

    def test_files_that_are_closed_right_after_they_were_made(self):
        self.assert_found('ClosesFilesLate', r'volume-\S+, between two looks, was mode 0644')

    def test_driver_that_asks_for_root(self):
        self.assert_found('AsksForRoot', 'root was asked for: sudo cinder-rootwrap .* chmod x')

    def test_umask_that_shuts_everybody_out(self):
        self.addCleanup(os.umask, os.umask(0o077))
        run = judged(OURS, *_OVER_NFS, scenarios=('extend-offline-raw',))
        self.assertEqual(0, run.code, run.said)

    def test_local_folder_of_the_cloud(self):
        run = judged(OURS, *SECURE, scenarios=('mixed-qcow2',))
        self.assertEqual(0, run.code, run.said)
        self.assertIn('root on the share: not squashed', run.said)


def _make_late(path):
    """Make a file that gets its mode a millisecond after it was made."""
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    until = time.monotonic() + _MILLISECOND
    while time.monotonic() < until:
        pass
    os.fchmod(handle, 0o660)
    os.close(handle)
    path.unlink()
