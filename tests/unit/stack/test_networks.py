# SPDX-License-Identifier: Apache-2.0
"""Whether the stand-in for Neutron answers what Nova and tempest ask."""

import json
import threading
import unittest
import urllib.error
import urllib.request
from http.server import ThreadingHTTPServer

from tests.stack.networks import Nothing


class NothingTest(unittest.TestCase):
    def setUp(self):
        server = ThreadingHTTPServer(('127.0.0.1', 0), Nothing)
        self.addCleanup(server.server_close)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        self.url = f'http://127.0.0.1:{server.server_port}'

    def get(self, path):
        with urllib.request.urlopen(self.url + path) as answer:
            return json.load(answer)

    def test_there_is_nothing_of_what_is_asked_for(self):
        self.assertEqual({'ports': []}, self.get('/v2.0/ports?device_id=1'))
        self.assertEqual({'security_groups': []}, self.get('/v2.0/security-groups'))

    def test_version_is_told(self):
        self.assertEqual('v2.0', self.get('/')['versions'][0]['id'])

    def test_no_quota_limits_a_project(self):
        self.assertEqual({'quota': {}}, self.get('/v2.0/quotas/some-project'))

    def test_nothing_can_be_made(self):
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(self.url + '/v2.0/networks', data=b'{}')
        self.addCleanup(caught.exception.close)
        self.assertEqual(404, caught.exception.code)
