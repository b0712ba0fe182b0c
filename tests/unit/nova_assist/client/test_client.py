# SPDX-License-Identifier: Apache-2.0
import itertools
import socket
import threading
import types
import unittest
from unittest import mock

from keystoneauth1 import exceptions as keystone_exceptions
from keystoneauth1 import session, token_endpoint
from novaclient import client as nova_client
from novaclient import exceptions as nova_exceptions

from nova_assist import client


class Manager:
    """Stands for novaclient's manager, and records what it is asked."""

    def __init__(self, error=None):
        self.error = error
        self.asked = []

    def create(self, volume_id, create_info):
        self.asked.append((volume_id, create_info))
        if self.error is not None:
            raise self.error

    def delete(self, snapshot_id, delete_info):
        self.asked.append((snapshot_id, delete_info))
        if self.error is not None:
            raise self.error


class FakeNova:
    def __init__(self, error=None):
        self.assisted_volume_snapshots = Manager(error)


class CallsTest(unittest.TestCase):
    request = client.CreateRequest('v', 's', 'volume-v.s')

    def test_bodies_are_those_of_the_protocol(self):
        nova = FakeNova()
        calls = client.AssistedSnapshots(nova)
        calls.create(self.request)
        calls.delete(client.DeleteRequest('v', 's', None, None))
        self.assertEqual(
            [
                ('v', {'snapshot_id': 's', 'type': 'qcow2', 'new_file': 'volume-v.s'}),
                (
                    's',
                    {
                        'volume_id': 'v',
                        'type': 'qcow2',
                        'file_to_merge': None,
                        'merge_target_file': None,
                    },
                ),
            ],
            nova.assisted_volume_snapshots.asked,
        )

    def test_refusals_are_told_from_missing_answers(self):
        cases = (
            (nova_exceptions.BadRequest(400, 'no host'), client.Refused, '400: no host'),
            (nova_exceptions.NotFound(404, 'unknown'), client.Refused, '404: unknown'),
            (nova_exceptions.ClientException(503, 'busy'), client.Unanswered, '503: busy'),
            (keystone_exceptions.ConnectTimeout('late'), client.Unanswered, 'late'),
            (keystone_exceptions.ConnectFailure('refused'), client.Unreachable, 'refused'),
        )
        for error, expected, words in cases:
            with self.subTest(words), self.assertRaisesRegex(expected, words):
                client.AssistedSnapshots(FakeNova(error)).create(self.request)


class ConnectionTest(unittest.TestCase):
    def setUp(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(self.listener.close)
        url = f'http://127.0.0.1:{self.listener.getsockname()[1]}'
        auth = session.Session(auth=token_endpoint.Token(url, 'token'))
        nova = nova_client.Client('2.51', session=auth, endpoint_override=url)
        self.addCleanup(auth.session.close)
        self.events = client.ExternalEvents(nova)

    def hang_up(self):
        connection, _ = self.listener.accept()
        with connection:
            connection.recv(65536)

    def test_connection_that_ends_before_the_answer(self):
        nova = threading.Thread(target=self.hang_up)
        nova.start()
        self.addCleanup(nova.join)
        with self.assertRaisesRegex(client.BrokenOff, 'disk of volume v in a, and the connection'):
            self.events.volume_extended('v', ['a'])

    def test_connection_that_does_not_come_about(self):
        self.listener.close()
        with self.assertRaises(client.Unreachable) as told:
            self.events.volume_extended('v', ['a'])
        self.assertNotIsInstance(told.exception, client.BrokenOff)


class EventsTest(unittest.TestCase):
    def events(self, *codes):
        """Tell two servers of an extension; returns what Nova was sent."""
        sent = []

        def create(events):
            sent.extend(events)
            return [{**event, 'code': code} for event, code in zip(events, codes, strict=True)]

        nova = types.SimpleNamespace(server_external_events=types.SimpleNamespace(create=create))
        client.ExternalEvents(nova).volume_extended('v', ['a', 'b'])
        return sent

    def test_each_server_is_told(self):
        expected = [
            {'name': 'volume-extended', 'server_uuid': server, 'tag': 'v'} for server in 'ab'
        ]
        self.assertEqual(expected, self.events(200, 200))

    def test_event_that_reaches_one_server_is_under_way(self):
        self.assertEqual(2, len(self.events(404, 200)))

    def test_event_that_reaches_no_server_is_refused(self):
        with self.assertRaisesRegex(client.Refused, 'disk of volume v in a, b .* 404, 422'):
            self.events(404, 422)


class WaitTest(unittest.TestCase):
    def answer(self, *seen, timeout=5):
        looks = iter(seen)
        return client.await_answer(lambda: client.Status(*next(looks)), 'creating', timeout)

    def test_claim_is_noticed_when_it_comes(self):
        found = self.answer(('creating', '0%'), ('creating', '0%'), ('creating', '90%'))
        self.assertIs(client.Answer.CLAIMED, found)

    def test_error_ends_the_wait_whatever_the_progress(self):
        self.assertIs(client.Answer.FAILED, self.answer(('error', '90%')))

    def test_status_of_somebody_else_ends_the_wait(self):
        for status in ('available', 'deleting'):
            with self.subTest(status):
                self.assertIs(client.Answer.DISTURBED, self.answer((status, '90%')))

    def test_volume_that_is_detached_ends_the_wait(self):
        found = self.answer(('creating', '0%', True), ('creating', '0%', False))
        self.assertIs(client.Answer.DETACHED, found)

    def test_claim_counts_although_the_volume_was_detached_since(self):
        self.assertIs(client.Answer.CLAIMED, self.answer(('creating', '90%', False)))

    def test_silence_ends_at_the_deadline(self):
        found = client.await_answer(lambda: client.Status('creating', '0%'), 'creating', 0.1)
        self.assertIs(client.Answer.SILENT, found)

    def test_poll_returns_what_it_saw_last(self):
        self.assertEqual(3, client.poll(iter([1, 2, 3]).__next__, lambda seen: seen == 3, 5))


class PaceTest(unittest.TestCase):
    """How often is looked, on a clock that only looks and pauses move."""

    def setUp(self):
        self.now = 0.0
        self.looks = []
        clock = types.SimpleNamespace(monotonic=lambda: self.now, sleep=self.advance)
        patched = mock.patch('nova_assist.client.wait.time', clock)
        patched.start()
        self.addCleanup(patched.stop)

    def advance(self, seconds):
        self.now += seconds

    def look(self, seconds):
        self.looks.append(self.now)
        self.advance(seconds)
        return client.Status('creating', '0%')

    def test_looks_in_the_first_second_are_a_twentieth_of_one_apart(self):
        client.await_answer(lambda: self.look(0.001), 'creating', 1)
        self.assertLess(max(self.gaps()), 0.06)

    def test_looks_in_a_long_merge_are_a_second_apart(self):
        client.await_answer(lambda: self.look(0.001), 'creating', 3600)
        late = [gap for gap, at in zip(self.gaps(), self.looks, strict=False) if 60 < at < 3500]
        self.assertGreaterEqual(min(late), 1)
        self.assertLess(max(late), 1.01)

    def gaps(self):
        return [later - earlier for earlier, later in itertools.pairwise(self.looks)]
