# SPDX-License-Identifier: Apache-2.0
"""How qemu-img is run, whichever way it ends; another program stands in for it."""

import subprocess
from unittest import mock

from driver import exceptions, qemu_img
from driver.layout import Format
from tests.unit.driver.test_access import FolderCase


class EndsTest(FolderCase):
    def setUp(self):
        super().setUp()
        self.image = self.folder / 'a b'
        search = mock.patch.dict('os.environ', PATH=f'{self.folder}:/usr/bin:/bin')
        search.start()
        self.addCleanup(search.stop)

    def resize(self, *lines):
        """Have something else done in the place of qemu-img."""
        program = self.folder / 'qemu-img'
        program.write_text('\n'.join(['#!/bin/sh', *lines, '']))
        program.chmod(0o755)
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
