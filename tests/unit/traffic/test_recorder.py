# SPDX-License-Identifier: Apache-2.0
"""The recorder passes everything on as it is, and notes it."""

import json
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

from nova_assist.cloud import host
from tests.traffic.exchange import Party
from tests.traffic.recorder import Recorder, Route

PROJECT = 'a' * 32


class Service(BaseHTTPRequestHandler):
    """Answers with what it was asked, and with a status that the path names."""

    def answer(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0)).decode()
        said = {'method': self.command, 'path': self.path, 'body': body}
        content = json.dumps({**said, 'token': self.headers['X-Auth-Token']}).encode()
        self.send_response(int(self.path.rpartition('=')[2] or 200))
        self.send_header('Content-Length', str(len(content)))
        self.send_header('X-Own', 'kept')
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = answer  # noqa: N815

    def log_message(self, *arguments):
        """Say nothing."""


class RecorderTest(unittest.TestCase):
    def setUp(self):
        self.server = ThreadingHTTPServer(('127.0.0.1', 0), Service)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        ports = host.choose_ports({'cinder': 0, 'nova': 0})
        upstream = self.server.server_port
        self.urls = {name: f'http://127.0.0.1:{port}' for name, port in ports.items()}
        routes = {
            Party.CINDER: Route(ports['nova'], upstream),
            Party.NOVA: Route(ports['cinder'], upstream),
        }
        self.recorder = Recorder(routes, lambda: {'volume-1': 'raw'})
        self.recorder.__enter__()
        self.addCleanup(self.recorder.__exit__)

    def test_request_and_answer_reach_the_other_side_as_they_are(self):
        answer = requests.post(
            f'{self.urls["cinder"]}/v3/{PROJECT}/volumes?a=%7B%22b%22%3A1%7D&status=409',
            json={'c': 2},
            headers={'X-Auth-Token': 'secret'},
        )
        self.assertEqual((409, 'kept'), (answer.status_code, answer.headers['X-Own']))
        said = answer.json()
        self.assertEqual(f'/v3/{PROJECT}/volumes?a=%7B%22b%22%3A1%7D&status=409', said['path'])
        self.assertEqual(('secret', '{"c": 2}'), (said['token'], said['body']))

    def test_exchange_is_noted_without_project_and_token(self):
        requests.post(
            f'{self.urls["cinder"]}/v3/{PROJECT}/volumes?a=%7B%22b%22%3A1%7D&status=409',
            json={'c': 2},
            headers={'X-Auth-Token': 't', 'X-Service-Token': 's', 'OpenStack-API-Version': 'v'},
        )
        (noted,) = self.recorder.exchanges()
        self.assertEqual(
            (Party.NOVA, 'POST', '/volumes'), (noted.caller, noted.method, noted.path)
        )
        self.assertEqual({'a': {'b': 1}, 'status': 409}, noted.query)
        self.assertEqual(({'c': 2}, 'v', True), (noted.body, noted.version, noted.as_service))
        self.assertEqual((409, {'volume-1': 'raw'}), (noted.status, noted.files))

    def test_look_is_noted_without_files(self):
        requests.get(f'{self.urls["nova"]}/v2.1/servers')
        (noted,) = self.recorder.exchanges()
        self.assertEqual((Party.CINDER, '/servers', None), (noted.caller, noted.path, noted.files))
        self.assertFalse(noted.as_service)
