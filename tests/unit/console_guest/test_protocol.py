# SPDX-License-Identifier: Apache-2.0
import unittest

from console_guest.protocol import (
    Boot,
    Failed,
    Found,
    Gone,
    Wrote,
    parse,
    serial_of,
    since,
)
from tests.unit.tempest_plugin.support import VOLUME

SERIAL = '0b6f3a0e-1111-4222-8'


class ParseTest(unittest.TestCase):
    def test_every_line_of_the_protocol(self):
        text = '\n'.join(
            f'nova-assist-guest: {line}'
            for line in (
                'boot',
                f'{SERIAL} found 12 bad 1',
                f'{SERIAL} wrote 340',
                f'{SERIAL} error write at block 7: No space left on device',
                f'{SERIAL} gone',
            )
        )
        self.assertEqual(
            (
                Boot(),
                Found(SERIAL, 12, 1),
                Wrote(SERIAL, 340),
                Failed(SERIAL, 'write at block 7: No space left on device'),
                Gone(SERIAL),
            ),
            parse(text),
        )

    def test_serial_is_what_virtio_shows_of_a_volume(self):
        self.assertEqual(SERIAL, serial_of(VOLUME))

    def test_lines_are_found_among_others(self):
        text = (
            '[    0.000000] Linux version 6.1\r\n'
            f'[    2.5] nova-assist-guest: {SERIAL} wrote 3\r\n'
            'login: nova-assist-guest: boot \r\n'
            'nova-assist: this is somebody else\r\n'
        )
        self.assertEqual((Wrote(SERIAL, 3), Boot()), parse(text))

    def test_damaged_lines_say_nothing(self):
        for line in (
            '',
            'nova-assist-guest:',
            'nova-assist-guest: ',
            'nova-assist-guest: boots',
            f'nova-assist-guest: {SERIAL}',
            f'nova-assist-guest: {SERIAL} wrote',
            f'nova-assist-guest: {SERIAL} wrote -3',
            f'nova-assist-guest: {SERIAL} wrote 3 [   12.0] vdb: unknown partition table',
            f'nova-assist-guest: {SERIAL} found 3',
            f'nova-assist-guest: {SERIAL} found three bad 0',
            f'nova-assist-guest: {SERIAL} error',
            f'assist-guest: {SERIAL} wrote 3',
        ):
            with self.subTest(line):
                self.assertEqual((), parse(line))


class SinceTest(unittest.TestCase):
    before = (Boot(), Found(SERIAL, 0, 0), Wrote(SERIAL, 1), Wrote(SERIAL, 2))
    more = (Wrote(SERIAL, 3), Gone(SERIAL))

    def test_what_was_added(self):
        self.assertEqual(self.more, since(self.before, self.before + self.more))

    def test_nothing_was_added(self):
        self.assertEqual((), since(self.before, self.before))

    def test_everything_is_new_where_nothing_was(self):
        self.assertEqual(self.more, since((), self.more))

    def test_beginning_was_lost(self):
        for lost in range(len(self.before) + 1):
            with self.subTest(lost=lost):
                self.assertEqual(self.more, since(self.before, self.before[lost:] + self.more))

    def test_console_begins_anew(self):
        anew = (Boot(), Found(SERIAL, 2, 0))
        self.assertEqual(anew, since(self.before, anew))

    def test_what_was_repeated_is_new(self):
        self.assertEqual((Boot(),), since((Boot(), Boot()), (Boot(), Boot(), Boot())))
