# SPDX-License-Identifier: Apache-2.0
"""Whether a service of the stack that does not come up is named, with the end of its log.

supervisord is real; what it runs are small programs.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Iterator
from pathlib import Path

from nova_assist import client
from tests.stack.errors import ServiceError
from tests.stack.programs import Program
from tests.stack.settings import Places
from tests.stack.supervision import Supervisor, compose

_SAID = 'the share is not there'
_GOES_ON = Program('goes-on', ('/bin/sh', '-c', f'echo {_SAID}; exec sleep 600'))
_MISSING = Program('missing', ('/nonexistent/program',))


@unittest.skipUnless(os.geteuid() == 0, 'supervisord gives each program its account: needs root')
class SupervisionTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.gate = Path(folder.name, 'gate')
        os.mkfifo(self.gate)
        # Not at once: supervisord may take that for a program that could not be started.
        said = f'echo first; echo {_SAID}; read nothing < {self.gate}; exit 3'
        self.ends = Program('ends', ('/bin/sh', '-c', said))

    def let_end(self, supervisor):
        """Let the program end, and wait until supervisord has given it up."""
        self.gate.open('w').close()
        calls = supervisor._calls
        client.poll(lambda: calls.getProcessInfo('ends')['statename'], 'FATAL'.__eq__, 20)

    def test_a_service_that_ended(self):
        with _running(self.ends, _GOES_ON) as supervisor:
            supervisor.start('ends', 'goes-on')
            self.let_end(supervisor)
            with self.assertRaises(ServiceError) as caught:
                supervisor.until('goes-on', 'answers', lambda: False, 20)
        self.assertEqual(caught.exception.name, 'ends')
        self.assertRegex(str(caught.exception), rf'(?s)^ends is not up: FATAL.*\nfirst\n{_SAID}$')

    def test_a_service_that_runs_and_does_not_get_ready(self):
        with _running(_GOES_ON) as supervisor:
            supervisor.start('goes-on')
            supervisor.until('goes-on', 'runs', lambda: True, 20)
            with self.assertRaises(ServiceError) as caught:
                supervisor.until('goes-on', 'answers', self._refused, 0.5)
        self.assertRegex(
            str(caught.exception),
            rf'(?s)^goes-on is not up: answers after 0 s\? OSError: nobody there.*\n{_SAID}$',
        )

    def test_a_program_that_is_not_there(self):
        with _running(_MISSING) as supervisor, self.assertRaises(ServiceError) as caught:
            supervisor.start('missing')
        self.assertRegex(str(caught.exception), '^missing can not be started: NO_FILE')

    def test_one_that_was_to_end_is_not_missed(self):
        with _running(self.ends, _GOES_ON) as supervisor:
            supervisor.start('ends', 'goes-on')
            self.let_end(supervisor)
            supervisor.await_end('ends')
            supervisor.check()

    def _refused(self) -> bool:
        raise OSError('nobody there')


@contextlib.contextmanager
def _running(*programs: Program) -> Iterator[Supervisor]:
    with tempfile.TemporaryDirectory() as folder:
        places = Places(Path(folder), '2026.1')
        for each in (places.logs, places.etc, places.run):
            each.mkdir(parents=True)
        conf = places.etc / 'supervisord.conf'
        conf.write_text(compose(places, programs))
        command = [sys.executable, '-m', 'supervisor.supervisord', '--configuration', str(conf)]
        process = subprocess.Popen(command)
        try:
            supervisor = Supervisor(places)
            supervisor.wait()
            yield supervisor
        finally:
            process.terminate()
            process.wait(60)
