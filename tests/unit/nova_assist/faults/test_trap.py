# SPDX-License-Identifier: Apache-2.0
"""A process in the trap dies right before the effect that it was to die before."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

from nova_assist.faults.trap import COUNT_ONLY, Trap

_WORK = """
import pathlib, sys
from nova_assist.faults import trap
trap.install()
share = pathlib.Path(sys.argv[1])
for name in 'abc':
    (share / name).write_bytes(b'')
"""


class TrapTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.share = pathlib.Path(folder.name, 'share')
        self.share.mkdir()
        self.trap = Trap(pathlib.Path(folder.name, 'trap'))

    def work(self):
        command = [sys.executable, '-c', _WORK, str(self.share)]
        environment = {**os.environ, **self.trap.environment}
        return subprocess.run(command, env=environment, timeout=60).returncode

    def test_death_before_the_second_effect(self):
        self.trap.arm(self.share, 2)
        self.assertEqual(-signal.SIGKILL, self.work())
        self.assertEqual(['a'], [path.name for path in self.share.iterdir()])
        self.assertEqual('open b', self.trap.deed)

    def test_death_between_emptying_a_file_and_writing_to_it(self):
        (self.share / 'b').write_text('content')
        self.trap.arm(self.share, 3)
        self.assertEqual(-signal.SIGKILL, self.work())
        self.assertEqual(b'', (self.share / 'b').read_bytes())
        self.assertEqual('write after it: open b', self.trap.deed)

    def test_effects_are_counted_without_a_death(self):
        self.trap.arm(self.share, COUNT_ONLY)
        self.assertEqual(0, self.work())
        self.assertEqual(3, self.trap.disarm())
        self.assertEqual('', self.trap.deed)

    def test_trap_that_is_not_armed(self):
        self.assertEqual(0, self.work())
        self.assertEqual(0, self.trap.disarm())

    def test_share_of_others(self):
        self.trap.arm(self.share / 'other', 1)
        self.assertEqual(0, self.work())
