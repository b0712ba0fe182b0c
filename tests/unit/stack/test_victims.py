# SPDX-License-Identifier: Apache-2.0
"""Who is meant to die dies, or it is told that there is nobody."""

import signal
import subprocess
import types
import unittest

from tests.stack.errors import StoryError
from tests.stack.victims import Victims
from tests.unit.stack import samples

SERVER = types.SimpleNamespace(id='5ee3b9a2')


class VictimsTest(unittest.TestCase):
    def setUp(self):
        name = f'qemu-system-x86_64 -uuid {SERVER.id}'
        pipes = {'stdin': subprocess.PIPE, 'stdout': subprocess.PIPE}
        self.process = subprocess.Popen([name, '-'], executable='/bin/cat', **pipes)
        self.addCleanup(self.process.__exit__, None, None, None)
        self.addCleanup(self.process.kill)
        # Once it answers its command line can be seen, which begins empty.
        self.process.stdin.write(b'here\n')
        self.process.stdin.flush()
        self.process.stdout.readline()
        namespace = types.SimpleNamespace(processes=lambda: [self.process.pid])
        stack = types.SimpleNamespace(namespace=namespace)
        self.victims = Victims(stack, samples.settings())

    def test_guest_of_the_server_is_killed(self):
        self.victims.kill_guest(SERVER)
        self.assertEqual(-signal.SIGKILL, self.process.wait())

    def test_nobody_to_kill_or_to_hold_up_is_told(self):
        with self.assertRaisesRegex(StoryError, 'no process of qemu-system other runs'):
            self.victims.kill_guest(types.SimpleNamespace(id='other'))
        with (
            self.assertRaisesRegex(StoryError, 'no process of .*nova-compute runs'),
            self.victims.held('nova-compute'),
        ):
            self.fail('it is played though nobody is held up')
