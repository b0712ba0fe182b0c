# SPDX-License-Identifier: Apache-2.0
"""Tests of a command in a process of its own, which has to leave nothing behind."""

import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

_ROOT = pathlib.Path(__file__).parents[2]


class CommandCase(unittest.TestCase):
    """Tests with a ``folder``; the command's temporary files go to ``temporary`` in it."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.report = self.folder / 'report'
        self.temporary = self.folder / 'tmp'
        self.temporary.mkdir()

    def found(self, pattern):
        """Return the temporary files that there are, of which some may just be going."""
        with contextlib.suppress(FileNotFoundError):
            return list(self.temporary.glob(pattern))
        return []

    def start(self, command, *options):
        """Start ``nova-assist`` with a command that writes a report."""
        words = [sys.executable, '-m', 'nova_assist', command, '--report', self.report]
        return subprocess.Popen(
            [*words, *options],
            cwd=_ROOT,
            env={**os.environ, 'TMPDIR': str(self.temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
