# SPDX-License-Identifier: Apache-2.0
"""Commands that see accounts which the machine has not."""

import os
import pathlib
import pwd
import subprocess
import tempfile
import unittest

from tests.accounts import among_accounts, refusal

_REFUSAL = refusal()
_ROOT = pathlib.Path(__file__).parents[2]


def said(*command, code=0):
    """Return what a command among the accounts prints."""
    ended = subprocess.run(among_accounts(command), cwd=_ROOT, capture_output=True, text=True)
    if ended.returncode != code:
        raise AssertionError(f'{ended.returncode}, not {code}: {ended.stderr}')
    return ended.stdout.strip()


@unittest.skipIf(_REFUSAL, _REFUSAL)
class AmongAccountsTest(unittest.TestCase):
    def test_command_sees_them_and_its_parent_does_not(self):
        before = [entry.pw_name for entry in pwd.getpwall()]
        self.assertEqual('9001', said('id', '-u', 'cinder'))
        self.assertIn('volumes', said('id', '-Gn', 'qemu').split())
        self.assertNotIn('volumes', said('id', '-Gn', 'outsider').split())
        self.assertEqual(before, [entry.pw_name for entry in pwd.getpwall()])

    def test_they_can_be_looked_up_whatever_the_umask(self):
        before = os.umask(0o077)
        self.addCleanup(os.umask, before)
        self.assertEqual('644', said('stat', '-c', '%a', '/etc/passwd'))

    def test_exit_code_is_the_command_s(self):
        said('sh', '-c', 'exit 7', code=7)

    def test_nothing_stays_mounted(self):
        with tempfile.NamedTemporaryFile() as mounts:
            said('cp', '/proc/self/mounts', mounts.name)
            self.assertIn('accounts /etc/passwd', pathlib.Path(mounts.name).read_text())
        self.assertNotIn('accounts', pathlib.Path('/proc/self/mounts').read_text())


class RefusalTest(unittest.TestCase):
    @unittest.skipIf(os.geteuid() == 0, 'root may')
    def test_without_root(self):
        self.assertIn('need root', refusal())
