# SPDX-License-Identifier: Apache-2.0
"""What is heard of a disk on a server's console, and what is not."""

import threading
import types
import unittest

from novaclient import exceptions as nova_errors

from console_guest.protocol import Found, Gone
from nova_assist.remote.console import Console, Line
from nova_assist.scenarios.errors import GuestIoError, TookTooLong
from nova_assist.scenarios.tracked import TrackedServer
from nova_assist.scenarios.waiting import Patience

ONE, TWO = 'serial-one', 'serial-two'


class ConsoleTest(unittest.TestCase):
    def setUp(self):
        self.text = ''
        self.servers = types.SimpleNamespace(get_console_output=lambda server: self.text)
        api = types.SimpleNamespace(nova=types.SimpleNamespace(servers=self.servers))
        patience = Patience(threading.Event(), seconds=0, interval=0)
        context = types.SimpleNamespace(api=api, patience=patience)
        self.console = Console(context, TrackedServer('a', 'a'))

    def say(self, *lines):
        self.text += ''.join(f'nova-assist-guest: {line}\r\n' for line in lines)

    def test_only_what_comes_after_the_mark_and_is_of_the_disk_is_heard(self):
        self.say(f'{ONE} found 1 bad 0')
        line = Line(self.console, ONE, self.console.said())
        self.say(f'{TWO} found 2 bad 0')
        with self.assertRaises(TookTooLong):
            line.hear(Found)
        self.say(f'{ONE} found 3 bad 0')
        self.assertEqual(3, line.hear(Found).records)

    def test_the_last_word_counts(self):
        line = Line(self.console, ONE, ())
        self.assertEqual(0, line.records())
        self.say(f'{ONE} found 3 bad 0', f'{ONE} wrote 8', f'{TWO} wrote 9')
        self.assertEqual(8, line.records())

    def test_a_disk_that_has_failed_is_an_error_whatever_is_waited_for(self):
        self.say(f'{ONE} found 3 bad 0', f'{ONE} error Input/output error', f'{ONE} gone')
        with self.assertRaisesRegex(GuestIoError, 'says: Input/output error'):
            Line(self.console, ONE, ()).hear(Gone)

    def test_of_a_server_that_is_off_the_last_that_was_heard_stays(self):
        self.say(f'{ONE} found 3 bad 0', f'{ONE} wrote 8')
        before = self.console.said()
        self.servers.get_console_output = self.refuse
        self.assertEqual(before, self.console.said())
        self.assertEqual(8, Line(self.console, ONE, ()).records())

    def refuse(self, server):
        raise nova_errors.NotFound(404, 'Guest does not have a console available.')

    def test_one_further_line_may_have_been_on_its_way(self):
        class Talking(Console):
            def __init__(self, console, text, say):
                self.__dict__.update(console.__dict__)
                self._say = say

            def said(self):
                found = super().said()
                self._say()
                return found

        self.say(f'{ONE} wrote 5')
        lines = iter((f'{ONE} wrote 6', f'{ONE} wrote 16', f'{ONE} wrote 26'))
        talking = Talking(self.console, self, lambda: self.say(next(lines)))
        talking._context.patience.seconds = 10
        self.assertEqual(16, Line(talking, ONE, ()).records_later())
