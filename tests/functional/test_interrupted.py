# SPDX-License-Identifier: Apache-2.0
"""A run on somebody's share that is interrupted leaves nothing of it there."""

import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

from nova_assist import client

_ROOT = pathlib.Path(__file__).parents[2]


class InterruptedTest(unittest.TestCase):
    def test_volumes_are_gone_after_an_interrupt_in_the_middle(self):
        with tempfile.TemporaryDirectory() as share, tempfile.TemporaryDirectory() as report:
            command = [sys.executable, '-m', 'nova_assist', 'run', '--scenario', 'online-chain']
            with subprocess.Popen(
                [*command, '--share', share, '--report', report],
                cwd=_ROOT,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            ) as run:
                overlays = client.poll(
                    lambda: list(pathlib.Path(share).glob('*/volume-*.*-*')), bool, 60
                )
                self.assertTrue(overlays, 'the run has come to a snapshot')
                run.send_signal(signal.SIGINT)
                _, said = run.communicate(timeout=60)
            left = [path.name for path in pathlib.Path(share).rglob('*') if path.is_file()]
        self.assertEqual(130, run.returncode, said)
        self.assertEqual([], left)
