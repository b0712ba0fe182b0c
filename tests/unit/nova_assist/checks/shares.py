# SPDX-License-Identifier: Apache-2.0
"""A share with a volume's files, made by hand for the access judges."""

import os
import pathlib
import tempfile
import unittest

from nova_assist.checks import scene
from nova_assist.checks.look import Look
from nova_assist.checks.model import Exactly
from nova_assist.cloud.host import child_environment

VOLUME = '11111111-2222-3333-4444-555555555555'
FILE = f'volume-{VOLUME}'
ENVIRONMENT = child_environment()


class ShareCase(unittest.TestCase):
    """A share on which every file of the volume is ours, with mode 0660."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.share = pathlib.Path(folder.name)
        self.ownership = scene.Ownership(os.geteuid(), os.getegid(), 0o660)
        self.volume = scene.Volume(VOLUME, 'v1', 'raw', Exactly(0, {}))
        self.make(FILE)

    def make(self, name, mode=0o660):
        """Make a file that has its mode from its first moment."""
        before = os.umask(0)
        try:
            os.close(os.open(self.share / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
        finally:
            os.umask(before)
        return self.share / name

    def found(self, judge, **changes):
        """Return what a judge finds."""
        seen = scene.Scene(self.share, (self.volume,), self.ownership, **changes)
        return list(judge.judge(seen, {VOLUME: Look(self.share, self.volume)}))
