# SPDX-License-Identifier: Apache-2.0
"""What a service's log says about one of many operations."""

import pathlib
import tempfile
import unittest

from nova_assist.scenarios.logs import ServiceLog

REQUEST = 'req-00000000-0000-0000-0000-00000000000'
#: Clients send one and the same with all their requests.
GLOBAL = f'{REQUEST}0'


def line(level, request, message, client=GLOBAL):
    ids = f'{client} {REQUEST}{request} admin demo - - - -'
    return f'2026-01-01 00:00:00.000 1 {level} cinder.volume [{ids}] {message}'


class ServiceLogTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name, 'cinder.log')
        self.log = ServiceLog('Cinder', self.path)

    def write(self, *lines):
        with self.path.open('a') as log:
            log.writelines(f'{each}\n' for each in lines)

    def test_errors_of_the_same_request_are_quoted(self):
        self.write(
            line('INFO', 1, 'deleting snapshot s1'),
            line('ERROR', 1, 'qemu-img failed'),
            line('ERROR', 2, 'another volume failed'),
        )
        self.assertEqual('Cinder logged: qemu-img failed', self.log.errors('s1'))

    def test_request_of_a_client_without_an_id_of_its_own(self):
        self.write(
            line('INFO', 1, 'deleting snapshot s1', client=None),
            line('ERROR', 1, 'qemu-img failed', client=None),
            line('ERROR', 2, 'another volume failed', client=None),
        )
        self.assertEqual('Cinder logged: qemu-img failed', self.log.errors('s1'))

    def test_frames_of_a_traceback_are_left_out(self):
        self.write(
            line('ERROR', 1, 'delete of s1 failed: Refused'),
            line('ERROR', 1, 'Traceback (most recent call last):'),
            line('ERROR', 1, '  File "x.py", line 1, in f'),
        )
        self.assertEqual('Cinder logged: delete of s1 failed: Refused', self.log.errors('s1'))

    def test_line_without_a_request_is_quoted_if_it_names_the_subject(self):
        self.write('00:00:00.000 ERROR nova_assist.compute: snapshot s1: delete: refused')
        self.assertEqual('Cinder logged: snapshot s1: delete: refused', self.log.errors('s1'))

    def test_what_was_logged_before_the_mark_is_not_quoted(self):
        self.write(line('ERROR', 1, 'snapshot s1 failed'))
        self.log.mark()
        self.assertEqual('', self.log.errors('s1'))

    def test_log_that_is_not_there_is_said_to_be(self):
        self.assertIn("Cinder's log can't be read", self.log.errors('s1'))
