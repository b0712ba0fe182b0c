# SPDX-License-Identifier: Apache-2.0
"""A stand-in for Neutron that has nothing: servers here have no network.

    python networks.py ADDRESS PORT

Nova asks for the ports of the servers it lists, and tempest skips servers where there is no
Neutron. Main class: :class:`Nothing`.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Nothing(BaseHTTPRequestHandler):
    """Answers that there is nothing of what is asked for."""

    def do_GET(self) -> None:
        """Answer with an empty list, named as the last part of the URL."""
        path = self.path.partition('?')[0].rstrip('/')
        kind = path.rpartition('/')[2].replace('-', '_')
        if path in ('', '/v2.0'):
            version = {'id': 'v2.0', 'status': 'CURRENT', 'links': []}
            return self._answer(200, {'versions': [version]})
        if path.startswith('/v2.0/quotas/'):
            # What has no quota is not limited.
            return self._answer(200, {'quota': {}})
        return self._answer(200, {kind: []})

    def do_POST(self) -> None:
        """Refuse to make something."""
        self._refuse()

    def do_PUT(self) -> None:
        """Refuse to change something."""
        self._refuse()

    def do_DELETE(self) -> None:
        """Refuse to remove something."""
        self._refuse()

    def _refuse(self) -> None:
        self.rfile.read(int(self.headers.get('Content-Length') or 0))
        error = {'type': 'NotFound', 'message': 'There are no networks here', 'detail': ''}
        self._answer(404, {'NeutronError': error})

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == '__main__':
    ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Nothing).serve_forever()
