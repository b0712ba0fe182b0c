# SPDX-License-Identifier: Apache-2.0
"""What a service's process says, and when it looks for garbage."""

import gc
import subprocess
import sys
import unittest

from nova_assist.cloud import child

_PROGRAM = """
from nova_assist.cloud.child import Channel
channel = Channel()
print("chatter", flush=True)
channel.error("no\\nluck")
"""


class ChannelTest(unittest.TestCase):
    def test_what_others_print_goes_to_the_log(self):
        command = [sys.executable, '-c', _PROGRAM]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        self.assertEqual(('error no luck\n', 'chatter\n'), (ran.stdout, ran.stderr))


class StartingTest(unittest.TestCase):
    def test_garbage_is_looked_for_again_after_a_start_that_fails(self):
        self.addCleanup(gc.enable)
        with self.assertRaises(ValueError), child.starting():
            self.assertFalse(gc.isenabled())
            raise ValueError
        self.assertTrue(gc.isenabled())
