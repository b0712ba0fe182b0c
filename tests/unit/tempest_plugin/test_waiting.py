# SPDX-License-Identifier: Apache-2.0
import itertools
import time
import unittest
from unittest import mock

from tempest.lib import exceptions

from tempest_plugin import errors, waiting


class Client:
    """Shows the next status each time; at the end the resource is gone, or stays as it was."""

    build_timeout = 0.2
    build_interval = 0

    def __init__(self, *statuses, gone=False):
        self.statuses = list(statuses)
        self.gone = gone

    def show(self, ident):
        """Show it."""
        if not self.statuses:
            raise exceptions.NotFound
        status = self.statuses[0]
        if len(self.statuses) > 1 or self.gone:
            self.statuses.pop(0)
        return {'volume': {'id': ident, 'status': status}}


def for_status(client, wanted):
    return waiting.for_status(client, client.show, 'v', wanted)


def until_gone(client):
    waiting.until_gone(client, client.show, 'v')


class LetPassTest(unittest.TestCase):
    def test_time_passes(self):
        began = time.monotonic()
        waiting.let_pass(0.05)
        self.assertGreaterEqual(time.monotonic() - began, 0.05)


class UntilTest(unittest.TestCase):
    def until(self, arrived, seconds):
        return waiting.until('it', lambda: 'seen', arrived, seconds=seconds, pause=60)

    def test_clock_of_the_day_may_be_set_meanwhile(self):
        with (
            mock.patch.object(time, 'time', side_effect=itertools.count(step=-3600)),
            self.assertRaisesRegex(exceptions.TimeoutException, "it has not .*'seen'"),
        ):
            self.until(lambda _: False, 0.05)

    def test_one_look_is_always_taken(self):
        self.assertEqual('seen', self.until(lambda seen: seen == 'seen', 0))

    def test_last_look_is_at_the_deadline(self):
        looks = iter((False, True))
        self.assertEqual('seen', self.until(lambda _: next(looks), 0.05))


class ForStatusTest(unittest.TestCase):
    def test_status_is_waited_for(self):
        client = Client('creating', 'creating', 'available')
        self.assertEqual({'id': 'v', 'status': 'available'}, for_status(client, 'available'))

    def test_error_ends_the_wait_at_once(self):
        for status in ('error', 'ERROR', 'error_extending'):
            client = Client('creating', status, 'available')
            with self.subTest(status), self.assertRaisesRegex(errors.WentWrong, status):
                for_status(client, 'available')

    def test_error_may_be_wanted(self):
        self.assertEqual('error', for_status(Client('creating', 'error'), 'error')['status'])

    def test_last_status_is_told_if_the_wanted_does_not_come(self):
        with self.assertRaisesRegex(exceptions.TimeoutException, 'creating'):
            for_status(Client('creating'), 'available')


class UntilGoneTest(unittest.TestCase):
    def test_end_is_waited_for(self):
        until_gone(Client('deleting', 'deleting', gone=True))
        until_gone(Client())

    def test_server_in_error_may_still_go(self):
        until_gone(Client('ERROR', gone=True))

    def test_failed_deletion_ends_the_wait_at_once(self):
        with self.assertRaisesRegex(errors.WentWrong, "but is 'error_deleting'"):
            until_gone(Client('deleting', 'error_deleting', 'deleting', gone=True))

    def test_what_stays_is_told(self):
        with self.assertRaisesRegex(exceptions.TimeoutException, 'deleting'):
            until_gone(Client('deleting'))
