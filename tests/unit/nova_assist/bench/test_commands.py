# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import signal
import sys
import tempfile
import threading
import unittest

from nova_assist import client
from nova_assist.bench import commands
from nova_assist.bench.errors import BenchError

_MIB = 1 << 20


def python(words):
    return [sys.executable, '-S', '-c', words]


class MeasuredTest(unittest.TestCase):
    def test_memory_is_the_commands_and_not_that_of_who_runs_it(self):
        ballast = bytearray(300 * _MIB)
        ballast[::4096] = b'x' * len(ballast[::4096])
        small = commands.measured(python('pass')).memory
        large = commands.measured(python(f'b"x" * {200 * _MIB}')).memory
        self.assertLess(small, 100 * _MIB)
        self.assertGreater(large, 200 * _MIB)

    def test_command_that_fails_is_told_with_what_it_said(self):
        with self.assertRaisesRegex(BenchError, r'ended with 3:\nno room'):
            commands.measured(python('import sys; print("no room"); sys.exit(3)'))

    def test_exit_code_may_be_accepted(self):
        self.assertGreater(commands.measured(python('exit(1)'), accepted=(0, 1)).seconds, 0)

    def test_command_that_cannot_be_started_is_told(self):
        with self.assertRaisesRegex(BenchError, 'no-such-program'):
            commands.measured(['/no-such-program'])

    def test_interrupt_lets_the_command_clean_up(self):
        with tempfile.TemporaryDirectory() as folder:
            begun, cleaned = pathlib.Path(folder, 'begun'), pathlib.Path(folder, 'cleaned')
            words = (
                'import pathlib, signal, sys\n'
                f'def end(*_): pathlib.Path({str(cleaned)!r}).touch(); sys.exit(0)\n'
                'signal.signal(signal.SIGTERM, end)\n'
                f'pathlib.Path({str(begun)!r}).touch()\n'
                'signal.pause()\n'
            )

            def interrupt():
                client.poll(begun.exists, bool, 30)
                os.kill(os.getpid(), signal.SIGINT)

            threading.Thread(target=interrupt).start()
            with self.assertRaises(KeyboardInterrupt):
                commands.measured(python(words))
            self.assertTrue(cleaned.exists())


class QemuTest(unittest.TestCase):
    def test_program_that_fails_is_told_with_what_it_said(self):
        with (
            tempfile.TemporaryDirectory() as folder,
            self.assertRaisesRegex(BenchError, 'qemu-img commit no-such .* No such file'),
        ):
            commands.qemu('qemu-img', 'commit', 'no-such', folder=pathlib.Path(folder))
