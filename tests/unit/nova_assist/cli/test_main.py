# SPDX-License-Identifier: Apache-2.0
"""Which warnings who runs the command gets to see."""

import subprocess
import sys
import unittest

CODE = """
import warnings
from nova_assist.cli.main import main
main(['--version'])
for module in ('nova_assist.cli.x', 'driver.x', 'cinder', 'oslo_concurrency.lockutils'):
    warnings.warn_explicit(f'of {module}', UserWarning, 'x.py', 1, module=module)
"""


class WarningsTest(unittest.TestCase):
    def test_our_own_are_told_and_those_of_libraries_are_not(self):
        ended = subprocess.run(
            [sys.executable, '-c', CODE], capture_output=True, text=True, timeout=60
        )
        told = [line.rpartition(' ')[2] for line in ended.stderr.splitlines()]
        self.assertEqual(['nova_assist.cli.x', 'driver.x'], told, ended.stderr)
