# SPDX-License-Identifier: Apache-2.0
"""The token with which Cinder's API is asked whether it works."""

import socket
import subprocess
import sys
import unittest

from nova_assist.cloud import cinder_api
from nova_assist.cloud.identity import Identity

# In a process of its own: what Cinder imports has this one's threads wait for each other.
REFUSING = """
import http.server

class Answers(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_error(401)

server = http.server.HTTPServer(('127.0.0.1', 0), Answers)
print(server.server_port, flush=True)
server.serve_forever()
"""
SECONDS = 30


class AdminTokenTest(unittest.TestCase):
    def test_none_is_needed_without_a_keystone(self):
        self.assertEqual('admin:admin', cinder_api.admin_token(None, 0))

    def test_keystone_that_does_not_come_is_named(self):
        with socket.create_server(('127.0.0.1', 0)) as listener:
            port = listener.getsockname()[1]
        with self.assertRaisesRegex(cinder_api.ApiError, f':{port}/v3 gives nova no token'):
            cinder_api.admin_token(Identity(port, 'secret'), 0.1)

    def test_refusal_is_told(self):
        command = [sys.executable, '-c', REFUSING]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as keystone:
            port = int(keystone.stdout.readline())
            try:
                with self.assertRaisesRegex(cinder_api.ApiError, 'HTTP 401'):
                    cinder_api.admin_token(Identity(port, 'wrong'), SECONDS)
            finally:
                keystone.kill()
