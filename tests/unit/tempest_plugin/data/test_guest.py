# SPDX-License-Identifier: Apache-2.0
import unittest

from tempest.lib import exceptions

from console_guest.protocol import Found
from tempest_plugin import errors
from tempest_plugin.data.guest import ConsoleGuest, UnseenGuest
from tests.unit.tempest_plugin.support import VOLUME

SERIAL = VOLUME[:20]


class Console:
    """A server's console, on which a line more is to be seen each time somebody looks."""

    build_timeout = 0.2
    build_interval = 0

    def __init__(self, *lines):
        self.lines = [f'nova-assist-guest: {line}\n' for line in lines]
        self.shown = 0

    def get_console_output(self, server_id):
        """Show it."""
        self.shown = min(self.shown + 1, len(self.lines))
        return {'output': ''.join(self.lines[: self.shown])}


def guest(*lines):
    return ConsoleGuest(Console(*lines), 'server')


class ConsoleGuestTest(unittest.TestCase):
    def test_found_is_that_of_the_disk_after_the_mark(self):
        seen = guest(
            f'{SERIAL} found 1 bad 0', 'other found 7 bad 7', 'boot', f'{SERIAL} found 3 bad 0'
        )
        mark = seen.mark()
        self.assertEqual(Found(SERIAL, 3, 0), seen.found(VOLUME, mark))

    def test_wrote_is_the_second_line_after_the_mark(self):
        seen = guest(*(f'{SERIAL} wrote {count}' for count in (10, 20, 30, 40)))
        mark = seen.mark()
        self.assertEqual(30, seen.wrote(VOLUME, mark))

    def test_gone_is_waited_for(self):
        seen = guest('boot', f'{SERIAL} wrote 1', f'{SERIAL} gone')
        seen.gone(VOLUME, seen.mark())

    def test_known_is_the_last_that_was_written(self):
        seen = guest(f'{SERIAL} wrote 1', f'{SERIAL} wrote 2', 'other wrote 9')
        self.assertEqual([1, 2, 2], [seen.known(VOLUME) for _ in range(3)])
        self.assertEqual(0, guest('boot').known(VOLUME))

    def test_silence_ends_the_wait(self):
        for ask in ('wrote', 'found', 'gone'):
            with self.subTest(ask), self.assertRaises(exceptions.TimeoutException) as told:
                getattr(guest('boot', 'other wrote 3'), ask)(VOLUME, ())
            self.assertIn(SERIAL, str(told.exception))

    def test_error_of_the_disk_ends_the_wait_at_once(self):
        seen = guest('boot', f'{SERIAL} error read failed', f'{SERIAL} found 1 bad 0')
        with self.assertRaisesRegex(errors.GuestFailed, 'read failed'):
            seen.found(VOLUME, ())

    def test_error_of_another_disk_does_not(self):
        seen = guest('other error read failed', f'{SERIAL} found 1 bad 0')
        self.assertEqual(1, seen.found(VOLUME, ()).records)


class UnseenGuestTest(unittest.TestCase):
    def test_answers_say_nothing_and_take_no_time(self):
        unseen = UnseenGuest('server')
        self.assertFalse(unseen.seen)
        self.assertEqual(0, unseen.wrote(VOLUME, unseen.mark()))
        self.assertEqual(Found(SERIAL, 0, 0), unseen.found(VOLUME, unseen.mark()))
        self.assertEqual(0, unseen.known(VOLUME))
        unseen.gone(VOLUME, unseen.mark())
