# SPDX-License-Identifier: Apache-2.0
import http.server
import random
import threading
import unittest

from nova_assist.cloud import clients
from nova_assist.scenarios.partner import Choice

_URLS = ('http://a', 'http://b')


class ChoiceTest(unittest.TestCase):
    def chosen(self, seed):
        choice = Choice(_URLS, random.Random(seed))
        return [choice() for _ in range(20)]

    def test_requests_go_to_both_by_the_seed(self):
        self.assertEqual({*_URLS}, {*self.chosen(1)})
        self.assertEqual(self.chosen(1), self.chosen(1))
        self.assertNotEqual(self.chosen(1), self.chosen(2))

    def test_none_goes_to_one_that_is_dead(self):
        choice = Choice(_URLS, random.Random(1))
        choice.first_only = True
        self.assertEqual({_URLS[0]}, {choice() for _ in range(20)})


class _Server(http.server.ThreadingHTTPServer):
    """A Cinder that notes what it is asked."""

    def __init__(self):
        self.asked = []
        super().__init__(('127.0.0.1', 0), _Handler)
        self.url = f'http://127.0.0.1:{self.server_port}/v3'


class _Handler(http.server.BaseHTTPRequestHandler):
    def _answer(self):
        self.server.asked.append(self.command)
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.end_headers()
        self.wfile.write(b'{"volumes": []}')

    do_GET = do_DELETE = _answer  # noqa: N815 - the library's names

    def log_message(self, *words):
        pass


class ClientTest(unittest.TestCase):
    def serve(self):
        server = _Server()
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        return server

    def test_what_changes_something_goes_to_the_next_and_questions_where_that_went(self):
        first, second = self.serve(), self.serve()
        urls = iter([first.url, second.url, first.url])
        cinder = clients.cinderclient_of_any(lambda: next(urls), 'admin:demo')
        cinder.volumes.list()
        cinder.volumes.delete('v')
        cinder.volumes.list()
        cinder.volumes.delete('w')
        self.assertEqual(['GET', 'DELETE'], first.asked)
        self.assertEqual(['DELETE', 'GET'], second.asked)
