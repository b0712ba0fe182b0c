# SPDX-License-Identifier: Apache-2.0
"""The lab's launcher hands on what the command says, and leaves nothing behind.

Outside the lab these tests start whatever kind of lab is possible; inside it, where the kernel
has NFS, a native one within.
"""

import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

LAB = pathlib.Path(__file__).parent / 'lab'
DEADLINE = 180
WAITING = ('sh', '-c', 'echo running; exec sleep 1000')


def processes_naming(text):
    """Processes that name a text in their command or environment: command lines by id."""
    found = {}
    for process in pathlib.Path('/proc').glob('[0-9]*'):
        try:
            command = (process / 'cmdline').read_bytes()
            every = command + (process / 'environ').read_bytes()
        except OSError:  # it has ended, or its environment is kept from root too
            continue
        if os.fsencode(text) in every:
            found[int(process.name)] = command.replace(b'\0', b' ').decode(errors='replace')
    return found


class Case(unittest.TestCase):
    """Starts the lab with a temporary folder of its own, by which to find what it left."""

    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest('the lab needs root')
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='launcher-test-'))
        self.addCleanup(shutil.rmtree, self.folder)
        self.environment = {**os.environ, 'TMPDIR': str(self.folder)}

    def lab(self, *arguments, **environment):
        return subprocess.run(
            [sys.executable, LAB, *arguments],
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            env=self.environment | environment,
        )

    def assert_nothing_left(self):
        self.assertEqual(os.listdir(self.folder), [])
        self.assertEqual(processes_naming(self.folder), {})
        self.assertNotIn(str(self.folder), pathlib.Path('/proc/self/mountinfo').read_text())


class Usage(Case):
    def test_wrong_options(self):
        for arguments, reason in (
            ((), 'no COMMAND'),
            (('--nonsense', 'true'), '--nonsense'),
            (('--mem', '3', 'true'), "'3' is no size"),
            (('--export', 'data:1G', 'true'), 'does not begin with a path'),
            (('--export', '/srv/data', 'true'), 'is no size'),
            (('--share', '/no/such/folder', 'true'), 'is no folder'),
            (('--native', '--vm', 'true'), 'not allowed with'),
        ):
            with self.subTest(arguments):
                done = self.lab(*arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ''))
                self.assertIn(reason, done.stderr)

    def test_help_tells_of_everything_promised(self):
        done = self.lab('--help')
        self.assertEqual(done.returncode, 0)
        for word in ('--export', '/srv/squash', 'outsider', '97', '124', 'rpc.nfsd'):
            self.assertIn(word, done.stdout)

    def test_missing_programs_are_told_with_their_packages(self):
        done = self.lab('true', PATH='/nonexistent')
        self.assertEqual(done.returncode, 97)
        self.assertIn('apt-get install --no-install-recommends', done.stderr)
        self.assertIn('user-mode-linux', done.stderr)
        self.assert_nothing_left()


class Running(Case):
    def test_streams_and_exit_code_are_the_commands(self):
        script = 'echo out; echo err >&2; head -c 3000000 /dev/zero; wc -c; exit 7'
        done = self.lab('sh', '-c', script)
        self.assertEqual((done.returncode, done.stderr), (7, 'err\n'))
        self.assertEqual(done.stdout, 'out\n' + '\0' * 3000000 + '0\n')
        self.assert_nothing_left()

    def test_arguments_folder_and_environment_are_handed_on(self):
        script = 'pwd; echo "$WORD"; echo "$NOVA_ASSIST_LAB"; printf "%s|" "$@"'
        arguments = ['sh', '-c', script, 'sh', '--vm', 'a b', '', '\n']
        done = self.lab('--', *arguments, WORD='two words')
        self.assertEqual(done.stdout, f'{os.getcwd()}\ntwo words\n1\n--vm|a b||\n|')

    def test_a_signal_that_ends_the_command_is_told(self):
        self.assertEqual(self.lab('sh', '-c', 'kill -KILL $$').returncode, 128 + 9)

    def test_only_shared_folders_are_written(self):
        shared, other = self.folder / 'shared', self.folder / 'other'
        for each in (shared, other):
            each.mkdir()
        script = f'echo kept >{shared}/file && echo lost >{other}/file && cat {other}/file'
        done = self.lab('--share', str(shared), 'sh', '-c', script)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, 'lost\n', ''))
        self.assertEqual((shared / 'file').read_text(), 'kept\n')
        self.assertEqual(os.listdir(other), [])

    def test_other_exports(self):
        done = self.lab('--export', '/srv/one/two:16M', 'sh', '-c', 'exportfs; df -m /srv/one/two')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertIn('/srv/one/two', done.stdout)
        self.assertNotIn('/srv/squash', done.stdout)


class Failing(Case):
    def test_a_server_that_cannot_start_is_told_with_the_reason(self):
        done = self.lab('--export', '/srv/data:16M:nonsense', 'true')
        self.assertEqual((done.returncode, done.stdout), (97, ''))
        self.assertIn('could not be set up: exportfs -ra', done.stderr)
        self.assertIn('unknown keyword "nonsense"', done.stderr)
        self.assert_nothing_left()

    def test_a_file_system_that_cannot_be_made_is_told_with_the_reason(self):
        done = self.lab('--export', '/srv/data:99999999999G', 'true')
        self.assertEqual(done.returncode, 97)
        self.assertIn('could not be set up: truncate', done.stderr)

    def test_a_command_that_takes_too_long_is_ended(self):
        done = self.lab('--time-limit', '1', *WAITING)
        self.assertEqual(done.returncode, 124)
        self.assertIn('out of time: ended after 1 s', done.stderr)
        self.assert_nothing_left()


class Ended(Case):
    def handle(self, process):
        """A descriptor that can be read when a process has ended."""
        handle = os.pidfd_open(process)
        self.addCleanup(os.close, handle)
        return handle

    def end(self, number):
        """Signal a lab whose command runs; return its exit code and handles of its processes."""
        lab = subprocess.Popen(
            [sys.executable, LAB, *WAITING], env=self.environment, stdout=subprocess.PIPE
        )
        self.addCleanup(lab.kill)
        self.assertEqual(lab.stdout.readline(), b'running\n')
        running = [self.handle(process) for process in processes_naming(self.folder)]
        self.assertGreater(len(running), 2)
        lab.send_signal(number)
        # The stream ends when nothing of the lab is left to hold it.
        self.assertEqual(lab.communicate(timeout=DEADLINE), (b'', None))
        return lab.returncode, running

    def test_by_a_signal(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                status, _ = self.end(number)
                self.assertEqual(status, 128 + number)
                self.assert_nothing_left()

    def test_by_force(self):
        status, running = self.end(signal.SIGKILL)
        self.assertEqual(status, -signal.SIGKILL)
        for handle in running:  # killed, but nobody waited for them
            self.assertTrue(select.select([handle], [], [], DEADLINE)[0])
        self.assert_nothing_left()
