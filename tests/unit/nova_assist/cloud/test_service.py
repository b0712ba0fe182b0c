# SPDX-License-Identifier: Apache-2.0
"""A child process that becomes ready, doesn't, ends by itself, or won't end."""

import os
import pathlib
import signal
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor, wait

from nova_assist.accounts import Account
from nova_assist.cloud.errors import ServiceError
from nova_assist.cloud.service import Service
from tests.unit.nova_assist.pythons import python_of

WAITS = 'print("ready", flush=True); import signal; signal.pause()'
IGNORES_TERM = f'import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAITS}'


class ServiceTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.log = pathlib.Path(folder.name, 'log')

    def service(self, code, *identity, python=sys.executable):
        command = [python, '-c', code]
        service = Service(
            'compute', command, 'http://127.0.0.1:1', self.log, os.environ, *identity
        )
        self.addCleanup(service.kill)
        return service

    def test_ready_service_runs_until_it_is_stopped(self):
        service = self.service(WAITS)
        self.assertFalse(service.alive)
        service.start()
        self.assertTrue(service.alive)
        self.assertEqual(os.getsid(service.pid), service.pid)
        service.stop()
        self.assertFalse(service.alive)
        self.assertIsNone(service.pid)

    def test_service_that_was_killed_is_told_with_its_exit_code(self):
        service = self.service(WAITS)
        service.start()
        service.check()
        pid = service.pid
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        with self.assertRaisesRegex(ServiceError, r'ended by itself \(exit code -9\) \(log: '):
            service.check()

    def test_restart_is_another_process_with_the_same_log(self):
        service = self.service(f'import sys; print("hello", file=sys.stderr); {WAITS}')
        service.start()
        first = service.pid
        service.restart()
        self.assertNotEqual(first, service.pid)
        self.assertEqual('hello\nhello\n', self.log.read_text())
        self.assertEqual(['hello'], service.tail())

    def test_service_with_a_umask_of_its_own(self):
        tells = 'print(oct(os.umask(0)), file=sys.stderr)'
        service = self.service(f'import os, sys; {tells}; {WAITS}', None, 0o777)
        service.start()
        self.assertEqual(['0o777'], service.tail())

    @unittest.skipUnless(os.geteuid() == 0, 'only root may start processes of others')
    def test_service_of_another_account(self):
        account = Account('other', 64001, 64002, (64003,))
        python = python_of(account)
        tells = 'print(os.getresuid(), os.getresgid(), os.getgroups(), file=sys.stderr)'
        service = self.service(f'import os, sys; {tells}; {WAITS}', account, python=python)
        service.start()
        self.assertEqual(['(64001, 64001, 64001) (64002, 64002, 64002) [64003]'], service.tail())

    @unittest.skipUnless(os.geteuid() == 0, 'only root may act as others')
    def test_restart_by_who_acts_as_another_account(self):
        self.log.parent.chmod(0o755)
        service = self.service(WAITS)
        service.start()
        with Account('other', 64001, 64002).files():
            service.restart()
        self.assertTrue(service.alive)

    def test_start_after_kill(self):
        service = self.service(WAITS)
        service.start()
        service.kill()
        self.assertFalse(service.alive)
        service.start()
        self.assertTrue(service.alive)

    def test_second_start_of_a_running_service(self):
        service = self.service(WAITS)
        service.start()
        with self.assertRaisesRegex(ServiceError, f'runs already, as process {service.pid}'):
            service.start()
        self.assertTrue(service.alive)

    def test_service_that_dies_shows_its_last_lines(self):
        service = self.service('raise SystemExit("no such guest")')
        with self.assertRaisesRegex(ServiceError, 'exit code 1 before.*\n  no such guest'):
            service.start()

    def test_service_that_is_killed_by_a_signal(self):
        service = self.service(f'import os; os.kill(os.getpid(), {signal.SIGKILL:d})')
        with self.assertRaisesRegex(ServiceError, 'exit code -9 before it was ready'):
            service.start()

    def test_service_that_is_killed_while_somebody_waits_for_its_word(self):
        # Often, for what goes wrong here goes wrong in the moment between two calls.
        with ThreadPoolExecutor(1) as pool:
            for attempt in range(30):
                service = self.service('import signal; signal.pause()')
                service.spawn()
                waiting = pool.submit(service.await_ready)
                while not waiting.done():
                    service.send_kill()
                    wait([waiting], 0.001)
                with self.subTest(attempt), self.assertRaisesRegex(ServiceError, 'code -9'):
                    waiting.result()

    def test_service_that_says_why_it_does_not_start(self):
        service = self.service('print("error no QEMU here")')
        with self.assertRaises(ServiceError) as caught:
            service.start()
        self.assertEqual('no QEMU here', caught.exception.reason)
        self.assertFalse(service.alive)

    def test_service_that_says_something_else(self):
        service = self.service('print("hello", flush=True); import signal; signal.pause()')
        with self.assertRaisesRegex(ServiceError, "said 'hello' where"):
            service.start()
        self.assertFalse(service.alive)

    def test_service_that_ignores_sigterm_is_killed(self):
        service = self.service(IGNORES_TERM)
        service.start()
        service.stop(0.1)
        self.assertFalse(service.alive)
