# SPDX-License-Identifier: Apache-2.0
"""A test case with a folder of its own, in which working folders are made too."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path


class ScratchCase(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = Path(scratch.name).resolve()
        self.working = self.root / 'working'
        self.working.mkdir()
        before = tempfile.tempdir
        self.addCleanup(setattr, tempfile, 'tempdir', before)
        tempfile.tempdir = str(self.working)
        self.report = self.root / 'report'
