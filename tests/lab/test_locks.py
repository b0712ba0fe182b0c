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


@contextlib.contextmanager
def volume_on_two_hosts(ours, theirs):
    """Make a volume as Cinder's account; yields its path here and there."""
    cinder = Account.named('cinder')
    with (
        cinder.joined(),
        nfs.mounted(nfs.SQUASH, ours, APART) as here,
        nfs.mounted(nfs.SQUASH, theirs, APART) as there,
        cinder.files(),
    ):
        path = here / 'volume-1'
        path.write_bytes(bytes(65536))
        path.chmod(0o660)
        try:
            yield path, there / 'volume-1'
        finally:
            path.unlink()


def copy_as_cinder(path):
    """Copy an image as a clone does."""
    copy = path.with_name('copy')
    subprocess.run(
        ['qemu-img', 'convert', '-U', '-f', 'raw', '-O', 'raw', str(path), str(copy)],
        check=True,
        capture_output=True,
        **Account.named('cinder').process_arguments(),
    )
    copy.unlink()


@nfs.needs_lab
class HoldersTest(unittest.TestCase):
    def test_qemu_on_another_host_is_seen(self):
        for versions in HOSTS:
            with self.subTest(versions), volume_on_two_hosts(*versions) as (here, there):
                self.assertEqual(locks.Holders(False, False), locks.holders(here))
                with opened_by_qemu(there):
                    self.assertTrue(locks.holders(here).writing)
                    with self.assertRaises(exceptions.FileInUse), locks.claim(here):
                        pass
                self.assertEqual(locks.Holders(False, False), locks.holders(here))

    def test_volume_that_is_copied_is_not_written_to_on_another_host(self):
        for versions in HOSTS:
            with self.subTest(versions), volume_on_two_hosts(*versions) as (here, there):
                with locks.keep_unwritten(here):
                    with self.assertRaises(OSError), opened_by_qemu(there):
                        pass
                    copy_as_cinder(here)
                with (
                    opened_by_qemu(there),
                    self.assertRaises(exceptions.FileInUse),
                    locks.keep_unwritten(here),
                ):
                    pass
