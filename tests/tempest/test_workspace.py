# SPDX-License-Identifier: Apache-2.0
"""Whether an operator finds the plugin where tempest's own commands look for one."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

from tests.judged import OURS
from tests.tempest import embedded


class WorkspaceTest(unittest.TestCase):
    def tempest(self, *words, cwd=None, environment=None):
        """Run a command of tempest, and return what it printed."""
        program = pathlib.Path(sys.executable).with_name('tempest')
        ended = subprocess.run(
            [str(program), *words],
            cwd=cwd,
            env=embedded.environment_of(environment or {}),
            capture_output=True,
            text=True,
            timeout=300,
        )
        self.assertEqual(0, ended.returncode, ended.stdout + ended.stderr)
        return ended.stdout

    def test_plugin_is_listed(self):
        self.assertRegex(self.tempest('list-plugins'), r'assisted_snapshots .*tempest_plugin')

    def test_workspace_of_a_cloud_has_the_plugins_tests_and_a_right_configuration(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            with embedded.cloud(OURS, (), folder / 'cloud') as environment:
                environment = {**environment, 'HOME': name}
                config = folder / 'cloud' / 'tempest.conf'
                self.tempest('init', 'work', cwd=folder, environment=environment)
                workspace = folder / 'work'
                (workspace / 'etc' / 'tempest.conf').write_text(config.read_text())
                said = self.tempest('verify-config', cwd=workspace, environment=environment)
                self.assertNotRegex(said, r'(?i)should be changed|not available', said)
                listed, tagged = (
                    self.tempest(
                        *('run', '--list-tests', '--regex', regex),
                        cwd=workspace,
                        environment=environment,
                    )
                    for regex in (r'^tempest_plugin\.', 'assisted_snapshots')
                )
        tests = [line for line in listed.splitlines() if line.startswith('tempest_plugin.')]
        self.assertGreater(len(tests), 60, listed)
        self.assertTrue(all('[assisted_snapshots,id-' in test for test in tests), listed)
        self.assertLessEqual(set(tests), set(tagged.splitlines()))
