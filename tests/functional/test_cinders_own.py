# SPDX-License-Identifier: Apache-2.0
"""Cinder's own unit tests of drivers and of the manager that calls them, on this driver."""

import importlib.metadata
import json
import pathlib
import subprocess
import sys
import unittest

import yaml

from tests.judged import OURS

_ROOT = pathlib.Path(__file__).parents[2]
_RELEASE = '28.'


class CindersOwnTest(unittest.TestCase):
    def setUp(self):
        version = importlib.metadata.version('cinder')
        if not version.startswith(_RELEASE):
            self.skipTest(f'the list of what can not pass is of Cinder {_RELEASE}0, not {version}')
        groups = yaml.safe_load((_ROOT / 'tests/upstream/accepted.yaml').read_text())
        self.accepted = {name for group in groups for name in group['tests']}

    def failures(self, driver, *modules):
        """Run the tests, and return what went wrong in those that failed, by name."""
        command = [sys.executable, '-m', 'tests.upstream.playing', driver, *modules]
        ended = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=600)
        self.assertEqual(0, ended.returncode, ended.stderr)
        found = json.loads(ended.stdout)
        self.assertGreater(sum(not wrong for wrong in found.values()), 10, 'too few have passed')
        return {name: wrong for name, wrong in found.items() if wrong}

    def test_all_but_those_that_can_not_pass(self):
        failures = self.failures(OURS)
        unexpected = {name: failures[name] for name in failures.keys() - self.accepted}
        self.assertEqual({}, unexpected)
        self.assertEqual(set(), self.accepted - failures.keys(), 'listed, and they pass')

    def test_driver_that_has_no_snapshots_is_caught(self):
        failures = self.failures(
            'tests.functional.broken_drivers.TakesNoSnapshot', 'test_snapshot'
        )
        self.assertLess(self.accepted & failures.keys(), failures.keys())
