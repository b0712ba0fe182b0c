# SPDX-License-Identifier: Apache-2.0
import dataclasses
import os
import pathlib
import tempfile
import unittest

from os_brick.remotefs import remotefs
from oslo_concurrency import processutils

from driver import access, exceptions
from driver.options import Settings
from driver.shares import Shares


def settings(folder, **changes):
    base = Settings(
        prefix='nfs',
        mount_base=pathlib.Path(folder),
        mount_attempts=1,
        sparse=True,
        qcow2=False,
        snapshots=True,
        secure_operations=True,
        secure_permissions=False,
        reserved=0.1,
        over_subscription=2.0,
        create_timeout=1,
        delete_timeout=1,
        extend_timeout=1,
    )
    return dataclasses.replace(base, **changes)


class SharesCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def shares(self, **changes):
        wanted = settings(self.folder, **changes)
        return Shares(wanted, _Mounted(self.folder), lambda: {'host:/one': None})


class MountTest(SharesCase):
    def test_share_that_cannot_be_mounted_is_named(self):
        # No helper: mount is run as whoever the tests are, and fails.
        client = remotefs.RemoteFsClient(
            'nfs', '', processutils.execute, nfs_mount_point_base=str(self.folder)
        )
        found = Shares(settings(self.folder), client, lambda: {'nowhere.invalid:/export': None})
        with self.assertRaisesRegex(exceptions.ShareError, 'nowhere.invalid:/export'):
            found.mount()


class AdmissionTest(SharesCase):
    """A local folder stands for the share's mount point: os-brick finds nothing to mount."""

    def share(self, **changes):
        found = self.shares(**changes)
        found.mount()
        return found

    def test_share_that_works_is_admitted_and_left_empty(self):
        share = self.share()
        with self.assertLogs('driver.shares', 'INFO') as logged:
            share.admit(access.FileMaker(access.SECURE_MODE))
            share.admit(access.FileMaker(access.SECURE_MODE))
        (line,) = logged.output
        self.assertRegex(line, 'INFO:.*Share host:/one at .* files become .* 0660')
        self.assertEqual(['host:/one'], share.admitted())
        self.assertEqual([], os.listdir(self.folder))

    def test_advice_is_a_warning(self):
        self.folder.chmod(0o1777)
        with self.assertLogs('driver.shares', 'WARNING') as logged:
            self.share().admit(access.FileMaker(access.SECURE_MODE))
        self.assertRegex(' '.join(logged.output), 'WARNING:.*host:/one: .*chmod -t')

    def test_share_that_is_mounted_anew_is_looked_at_again(self):
        share = self.share()
        share.admit(access.FileMaker(access.SECURE_MODE))
        share._seen['host:/one'] = (0, 0)  # what was mounted there before
        share.folder('host:/one')
        self.assertEqual([], share.admitted())

    def test_share_that_can_not_be_used_is_left_out_until_it_can(self):
        share = self.share()
        wrong = _MakesOther(access.SECURE_MODE)
        with self.assertRaisesRegex(exceptions.ShareError, 'host:/one: .*0660 .* as 0600'):
            share.admit(wrong)
        self.assertEqual([], share.admitted())
        share.admit(access.FileMaker(access.SECURE_MODE))
        self.assertEqual(['host:/one'], share.admitted())


class _Mounted:
    """What os-brick says of a share that is mounted already."""

    def __init__(self, folder):
        self._folder = folder

    def get_mount_point(self, export):
        return str(self._folder)

    def mount(self, export, flags):
        pass


class _MakesOther(access.FileMaker):
    """Makes files as on a share that masks modes."""

    def make(self, path):
        super().make(path)
        path.chmod(0o600)
