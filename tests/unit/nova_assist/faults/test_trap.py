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

_OTHER_THREAD = """
import os, sys, threading
from nova_assist.faults import trap
trap.install()
threading.Thread(target=os.unlink, args=[sys.argv[1]]).start()
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

    def test_another_thread_stands_still_before_its_effect(self):
        file = self.share / 'file'
        for _ in range(5):  # which thread gets what is sent to a process is left to chance
            file.touch()
            self.trap.arm(self.share, 1, fate=signal.SIGSTOP)
            command = [sys.executable, '-c', _OTHER_THREAD, str(file)]
            with subprocess.Popen(command, env={**os.environ, **self.trap.environment}) as process:
                try:
                    _, status = os.waitpid(process.pid, os.WUNTRACED)
                    self.assertTrue(os.WIFSTOPPED(status))
                    self.assertTrue(file.exists())
                    self.trap.disarm()
                finally:
                    process.send_signal(signal.SIGCONT)
            self.assertEqual((0, False), (process.returncode, file.exists()))
