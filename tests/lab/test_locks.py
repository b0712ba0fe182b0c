# SPDX-License-Identifier: Apache-2.0
"""The driver sees who has an image open on another host, whatever the version of NFS.

Two mounts that share nothing stand for two hosts. To a server of NFSv4 all mounts of one version
are one client, which it may delegate a file to though that client writes it elsewhere.
"""

import contextlib
import subprocess
import unittest

from driver import exceptions, locks
from nova_assist.accounts import Account
from tests.lab import nfs

APART = 'nosharecache'
#: What "we" and "they" mount.
HOSTS = (('4.2', '4.1'), ('3', '3'))


@contextlib.contextmanager
def opened_by_qemu(path):
    """Have a QEMU process keep an image open to write."""
    with subprocess.Popen(
        ['qemu-io', '-f', 'raw', str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        **Account.named('qemu').process_arguments(),
    ) as qemu:
        qemu.stdin.write(b'write -P 1 0 4k\n')
        qemu.stdin.flush()
        if not any(b'wrote 4096' in line for line in iter(qemu.stdout.readline, b'')):
            raise OSError(f'qemu-io could not write to {path}')
        yield
        qemu.stdin.close()


@nfs.needs_lab
class HoldersTest(unittest.TestCase):
    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.cinder = Account.named('cinder')
        stack.enter_context(self.cinder.joined())

    def test_qemu_on_another_host_is_seen(self):
        for our_version, their_version in HOSTS:
            with (
                self.subTest(our_version),
                nfs.mounted(nfs.SQUASH, our_version, APART) as ours,
                nfs.mounted(nfs.SQUASH, their_version, APART) as theirs,
                self.cinder.files(),
            ):
                (ours / 'volume-1').write_bytes(bytes(65536))
                (ours / 'volume-1').chmod(0o660)
                try:
                    self.assertEqual(locks.Holders(False, False), locks.holders(ours / 'volume-1'))
                    with opened_by_qemu(theirs / 'volume-1'):
                        self.assertTrue(locks.holders(ours / 'volume-1').writing)
                        with (
                            self.assertRaises(exceptions.FileInUse),
                            locks.claim(ours / 'volume-1'),
                        ):
                            pass
                    self.assertEqual(locks.Holders(False, False), locks.holders(ours / 'volume-1'))
                finally:
                    (ours / 'volume-1').unlink()

    def test_volume_that_is_copied_is_not_written_to_on_another_host(self):
        for our_version, their_version in HOSTS:
            with (
                self.subTest(our_version),
                nfs.mounted(nfs.SQUASH, our_version, APART) as ours,
                nfs.mounted(nfs.SQUASH, their_version, APART) as theirs,
                self.cinder.files(),
            ):
                path = ours / 'volume-1'
                path.write_bytes(bytes(65536))
                path.chmod(0o660)
                try:
                    with locks.keep_unwritten(path):
                        with self.assertRaises(OSError), opened_by_qemu(theirs / 'volume-1'):
                            pass
                        self.read_as_cinder(path)
                    with (
                        opened_by_qemu(theirs / 'volume-1'),
                        self.assertRaises(exceptions.FileInUse),
                        locks.keep_unwritten(path),
                    ):
                        pass
                finally:
                    path.unlink()

    def read_as_cinder(self, path):
        """Copy an image as a clone does."""
        copy = path.with_name('copy')
        subprocess.run(
            ['qemu-img', 'convert', '-U', '-f', 'raw', '-O', 'raw', str(path), str(copy)],
            check=True,
            capture_output=True,
            **self.cinder.process_arguments(),
        )
        copy.unlink()
