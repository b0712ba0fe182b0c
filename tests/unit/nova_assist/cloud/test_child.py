# SPDX-License-Identifier: Apache-2.0
"""What a service's process says, and when it looks for garbage."""

import subprocess
import sys
import unittest


class ChannelTest(unittest.TestCase):
    def run_child(self, *lines):
        program = '\n'.join(
            ['import gc', 'from nova_assist.cloud.child import Channel', 'c = Channel()', *lines]
        )
        return subprocess.run(
            [sys.executable, '-c', program], capture_output=True, text=True, check=True
        )

    def test_what_others_print_goes_to_the_log(self):
        ran = self.run_child('print("chatter", flush=True)', 'c.error("no\\nluck")')
        self.assertEqual('error no luck\n', ran.stdout)
        self.assertEqual('chatter\n', ran.stderr)

    def test_garbage_is_looked_for_once_it_is_ready(self):
        ran = self.run_child(
            'before = gc.isenabled()', 'c.ready("url")', 'print(before, gc.isenabled())'
        )
        self.assertEqual('ready url\n', ran.stdout)
        self.assertEqual('False True\n', ran.stderr)
