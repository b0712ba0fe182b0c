# SPDX-License-Identifier: Apache-2.0
"""How qemu-img is run, whichever way it ends; another program stands in for it."""

import subprocess
import sys
from unittest import mock

from driver import exceptions, qemu_img
from driver.layout import Format
from tests.unit.driver.test_access import FolderCase

_KILLED = """
import eventlet
eventlet.monkey_patch()
import os, pathlib, sys
from driver import qemu_img
from driver.layout import Format

folder = pathlib.Path(sys.argv[1])
thread = eventlet.spawn(qemu_img.resize, folder / 'image', Format.QCOW2, 7)
with eventlet.Timeout(60):
    while not (folder / 'pid').exists():
        eventlet.sleep(0.01)
    pid = int((folder / 'pid').read_text())
    os.kill(pid, 0)
    eventlet.kill(thread)
    try:
        while True:
            os.kill(pid, 0)
            eventlet.sleep(0.01)
    except ProcessLookupError:
        print('gone')
"""


class EndsTest(FolderCase):
    def setUp(self):
        super().setUp()
        self.image = self.folder / 'a b'
        search = mock.patch.dict('os.environ', PATH=f'{self.folder}:/usr/bin:/bin')
        search.start()
        self.addCleanup(search.stop)

    def stand_in(self, *lines):
        """Have something else done in the place of qemu-img."""
        program = self.folder / 'qemu-img'
        program.write_text('\n'.join(['#!/bin/sh', *lines, '']))
        program.chmod(0o755)

    def resize(self, *lines):
        self.stand_in(*lines)
        qemu_img.resize(self.image, Format.QCOW2, 7)

    def failure(self, *lines):
        with self.assertRaises(exceptions.CommandError) as raised:
            self.resize(*lines)
        return raised.exception

    def test_words_come_as_they_are(self):
        self.resize(f'printf "<%s>" "$@" > "{self.folder}/words"')
        expected = f'<resize><-q><-f><qcow2><{self.image}><7>'
        self.assertEqual(expected, (self.folder / 'words').read_text())

    def test_failure_has_code_and_what_was_said_on_both_outputs(self):
        error = self.failure('echo one', 'echo two >&2', 'exit 3')
        self.assertEqual((3, 'one\ntwo\n'), (error.exit_code, error.output))

    def test_what_was_said_is_no_text(self):
        self.assertEqual('\udcff', self.failure(r"printf '\377'", 'exit 1').output)

    def test_death_by_a_signal_is_a_failure(self):
        self.assertEqual(-9, self.failure('kill -9 $$').exit_code)

    def test_nothing_is_to_be_read(self):
        self.assertEqual('end\n', self.failure('cat', 'echo end', 'exit 1').output)

    def test_it_ends_with_the_greenthread_that_waits_for_it(self):
        number = self.folder / 'pid'
        # Renamed, so that it is never seen half written.
        self.stand_in(
            f'echo $$ > "{number}.new"', f'mv "{number}.new" "{number}"', 'exec sleep 99'
        )
        command = [sys.executable, '-W', 'ignore', '-c', _KILLED, str(self.folder)]
        ended = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual('gone\n', ended.stdout, ended.stderr)

    def test_it_is_not_installed(self):
        missing = mock.patch.dict('os.environ', PATH=str(self.folder))
        told = self.assertRaisesRegex(exceptions.CommandError, 'package qemu-utils')
        with missing, told as raised:
            qemu_img.resize(self.image, Format.QCOW2, 7)
        self.assertEqual(127, raised.exception.exit_code)

    def test_cinder_is_not_copied_for_it(self):
        # With a preexec_fn, or descriptors to pass on, Python has to fork().
        with mock.patch('subprocess.Popen', wraps=subprocess.Popen) as started:
            self.resize('exit 0')
        started.assert_called_once()
        self.assertFalse({'preexec_fn', 'close_fds', 'pass_fds'} & set(started.call_args.kwargs))
