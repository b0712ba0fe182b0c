# SPDX-License-Identifier: Apache-2.0
"""What is waited for when a disk is taken from a guest, and what is not."""

import threading
import types
import unittest

from console_guest.protocol import serial_of
from nova_assist.checks.records import RecordHistory, Stamps
from nova_assist.remote.guests import ConsoleGuests
from nova_assist.scenarios.errors import TookTooLong
from nova_assist.scenarios.tracked import TrackedServer, TrackedVolume
from nova_assist.scenarios.waiting import Patience


class UnpluggedTest(unittest.TestCase):
    def setUp(self):
        self.text = ''
        servers = types.SimpleNamespace(get_console_output=lambda server: self.text)
        context = types.SimpleNamespace(
            api=types.SimpleNamespace(nova=types.SimpleNamespace(servers=servers)),
            patience=Patience(threading.Event(), seconds=0, interval=0),
        )
        self.guests = ConsoleGuests(context, 'image', 'flavor', Stamps())
        self.server = TrackedServer('a', 'a')
        self.volume = TrackedVolume('1', 'v1', 1 << 30, RecordHistory('v1'), [])
        self.guests.plugging(self.server, self.volume)
        self.say('found 0 bad 0', 'wrote 8')

    def say(self, *lines):
        serial = serial_of(self.volume.id)
        self.text += ''.join(f'nova-assist-guest: {serial} {line}\r\n' for line in lines)

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
