# SPDX-License-Identifier: Apache-2.0
"""Whether the list of skips for third-party CI fits the tests that there are."""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from nova_assist.ci.plan import TESTS
from nova_assist.ci.results import plain
from nova_assist.ci.skips import How, SkipList
from tests.tempest import embedded

_BIN = pathlib.Path(sys.executable).parent


class SkipsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.run_command('tempest', 'init', 'work')
        config = cls.folder / 'work/etc/tempest.conf'
        config.write_text('[service_available]\ncinder = true\n')
        cls.listed = cls.names()

    @classmethod
    def run_command(cls, name, *words, cwd=''):
        ended = subprocess.run(
            [str(_BIN / name), *words],
            cwd=cls.folder / cwd,
            env=embedded.environment_of({'HOME': str(cls.folder)}),
            capture_output=True,
            text=True,
            timeout=300,
        )
        if ended.returncode:
            raise AssertionError(ended.stdout + ended.stderr)
        return ended.stdout

    @classmethod
    def names(cls, *words):
        """Return the tests that tempest would run."""
        said = cls.run_command(
            'tempest', 'run', '--list-tests', '--regex', TESTS, *words, cwd='work'
        )
        return {line for line in said.splitlines() if '.' in line and ' ' not in line}

    def test_all_that_cinder_asks_for_is_selected(self):
        for package in ('tempest.api.volume', 'cinder_tempest_plugin', 'tempest_plugin'):
            self.assertTrue([name for name in self.listed if name.startswith(f'{package}.')])
        said = self.run_command('tempest', 'run', '--list-tests', cwd='work')
        asked = re.compile(r'^(tempest\.api\.volume|cinder_tempest_plugin)\.')
        self.assertEqual(
            {line for line in said.splitlines() if asked.match(line)},
            {name for name in self.listed if asked.match(name)},
        )

    def test_each_entry_names_a_test(self):
        names = [plain(name) for name in self.listed]
        for skip in SkipList.load().skips:
            self.assertTrue([name for name in names if skip.matches(name)], skip.test)

    def test_tempest_leaves_out_what_the_list_says_and_nothing_else(self):
        skips = SkipList.load()
        file = self.folder / 'skips.txt'
        file.write_text(skips.exclude_list())
        left = self.names('--exclude-list', str(file))
        gone = {plain(name) for name in self.listed - left}
        self.assertEqual(
            {name for name in map(plain, self.listed) if skips.not_started(name)}, gone
        )
        self.assertEqual(sum(skip.how is How.NOT_RUN for skip in skips.skips), len(gone))

    def test_most_tests_are_run_and_no_expression_is_too_wide(self):
        skips = SkipList.load().skips
        names = [plain(name) for name in self.listed]
        skipped = [name for name in names if any(skip.matches(name) for skip in skips)]
        self.assertLess(len(skipped), len(names) / 3)
        for skip in skips:
            skipped = [name for name in names if skip.matches(name)]
            self.assertLess(len(skipped), len(names) / 10, skip.test)
