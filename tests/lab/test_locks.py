# SPDX-License-Identifier: Apache-2.0
"""The driver sees who has an image open on another host, whatever the version of NFS."""

import contextlib
import subprocess
import unittest

from driver import exceptions, locks
from nova_assist.accounts import Account
from tests.lab import nfs
from tests.lab.hosts import VERSIONS, opened_by_qemu, two_hosts


@contextlib.contextmanager
def volume_on_two_hosts(ours, theirs):
    """Make a volume as Cinder's account; yields its path here and there."""
    cinder = Account.named('cinder')
    with (
        cinder.joined(),
        two_hosts(ours, theirs) as (here, there),
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
        for versions in VERSIONS:
            with self.subTest(versions), volume_on_two_hosts(*versions) as (here, there):
                self.assertEqual(locks.Holders(False, False), locks.holders(here))
                with opened_by_qemu(there, 'raw'):
                    self.assertTrue(locks.holders(here).writing)
                    with self.assertRaises(exceptions.FileInUse), locks.claim(here):
                        pass
                self.assertEqual(locks.Holders(False, False), locks.holders(here))

    def test_volume_that_is_copied_is_not_written_to_on_another_host(self):
        for versions in VERSIONS:
            with self.subTest(versions), volume_on_two_hosts(*versions) as (here, there):
                with locks.keep_unwritten(here):
                    with self.assertRaises(OSError), opened_by_qemu(there, 'raw'):
                        pass
                    copy_as_cinder(here)
                with (
                    opened_by_qemu(there, 'raw'),
                    self.assertRaises(exceptions.FileInUse),
                    locks.keep_unwritten(here),
                ):
                    pass
