# SPDX-License-Identifier: Apache-2.0
import dataclasses
import os
import pathlib
import tempfile
import unittest

from driver import access, exceptions, shares
from driver.options import Settings
from driver.shares import Shares


def settings(folder, **changes):
    base = Settings(
        shares_config=pathlib.Path(folder, 'shares'),
        nas_share=None,
        mount_options=None,
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
        # No helper: the tests run mount as whoever they are, and expect it to fail.
        return Shares(settings(self.folder, **changes), '')

    def write_list(self, text):
        (self.folder / 'shares').write_text(text)


class ListTest(SharesCase):
    def test_list_as_cinder_documents_it(self):
        self.write_list('# a comment\n\nhost:/one\nhost:/two\\040words -o vers=4.2,nconnect=2\n')
        self.assertEqual(
            {'host:/one': None, 'host:/two words': '-o vers=4.2,nconnect=2'},
            shares._configured(settings(self.folder)),
        )

    def test_nas_options_replace_the_list(self):
        found = shares._configured(
            settings(self.folder, nas_share='host:/nas', mount_options='vers=4.2')
        )
        self.assertEqual({'host:/nas': '-o vers=4.2'}, found)

    def test_bad_lists_are_named(self):
        for text, words in (
            ('', 'names no share'),
            ('/folder\n', 'looks like host:/export'),
        ):
            self.write_list(text)
            with self.subTest(words), self.assertRaisesRegex(exceptions.ConfigurationError, words):
                shares._configured(settings(self.folder))

    def test_missing_list_is_named(self):
        with self.assertRaisesRegex(exceptions.ConfigurationError, 'nfs_shares_config'):
            shares._configured(settings(self.folder))


class MountTest(SharesCase):
    def test_share_that_cannot_be_mounted_is_named(self):
        self.write_list('nowhere.invalid:/export\n')
        with self.assertRaisesRegex(exceptions.ShareError, 'nowhere.invalid:/export'):
            self.shares().mount()


class AdmissionTest(SharesCase):
    """A local folder stands for the share's mount point: os-brick finds nothing to mount."""

    def share(self, **changes):
        found = self.shares(**changes)
        found._client = Mounted(self.folder)
        found.options = {'host:/one': None}
        found.folder('host:/one')
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


class Mounted:
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
