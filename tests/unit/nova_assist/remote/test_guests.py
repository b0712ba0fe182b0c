# SPDX-License-Identifier: Apache-2.0
"""What is waited for when a guest's disks are taken or it is paused, and what is not."""

import threading
import types
import unittest

from console_guest.protocol import serial_of
from nova_assist.checks.records import RecordHistory, Stamps
from nova_assist.remote.guests import ConsoleGuests
from nova_assist.scenarios.errors import TookTooLong
from nova_assist.scenarios.tracked import TrackedServer, TrackedVolume
from nova_assist.scenarios.waiting import Patience


def volume(ident):
    return TrackedVolume(ident, f'v{ident}', 1 << 30, RecordHistory(f'v{ident}'), [])


class GuestsCase(unittest.TestCase):
    """A guest that has been given a disk and writes to it."""

    def setUp(self):
        self.text = ''
        self.server = TrackedServer('a', 'a')
        self.volume = volume('1')
        self.patience = Patience(threading.Event(), seconds=0, interval=0)
        servers = types.SimpleNamespace(get_console_output=lambda server: self.console())
        context = types.SimpleNamespace(
            api=types.SimpleNamespace(nova=types.SimpleNamespace(servers=servers)),
            patience=self.patience,
            seen=None,
        )
        self.guests = ConsoleGuests(context, 'image', 'flavor', Stamps())
        self.guests.plugging(self.server, self.volume)
        self.say('found 0 bad 0', 'wrote 8')

    def console(self):
        return self.text

    def say(self, *lines):
        serial = serial_of(self.volume.id)
        self.text += ''.join(f'nova-assist-guest: {serial} {line}\r\n' for line in lines)


class UnpluggedTest(GuestsCase):
    def test_guest_has_to_notice_that_the_disk_is_gone(self):
        with self.assertRaises(TookTooLong):
            self.guests.unplugged(self.volume)
        self.say('gone')
        self.guests.unplugged(self.volume)
        self.assertEqual(16, self.volume.history.acknowledged)

    def test_guest_of_a_server_that_is_off_notices_nothing(self):
        self.server.running = False
        self.guests.unplugged(self.volume)
        self.assertEqual(16, self.volume.history.acknowledged)


class PauseTest(GuestsCase):
    def test_guest_has_to_have_written_on(self):
        with self.assertRaises(TookTooLong):
            self.guests.pause(self.server)

    def test_disk_that_the_guest_did_not_get_is_not_waited_for(self):
        self.guests.plugging(self.server, volume('2'))
        self.patience.seconds = 5
        numbers = iter(range(9, 1000))

        def console():
            self.say(f'wrote {next(numbers)}')
            return self.text

        self.console = console
        self.guests.pause(self.server)
        self.assertLess(next(numbers), 20)
