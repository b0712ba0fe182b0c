# SPDX-License-Identifier: Apache-2.0
"""Stands before a service and lets requests through, but for those that it is to fail.

Main class: :class:`Gate`. It listens on the loopback only, and notes which requests there were.
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import http.server
import re
import threading
from collections.abc import Iterator

_ADDRESS = '127.0.0.1'
_SECONDS = 60

#: In place of a status: no answer at all, as of a service that dies.
DROP = 0


@dataclasses.dataclass
class _Rule:
    request: re.Pattern[str]
    status: int
    met: int = 0


class Gate:
    """A reverse proxy, listening from the start.

    :ivar port: its TCP port.
    :ivar upstream: that of the service, which has to be set before the first request.
    """

    def __init__(self) -> None:
        self.upstream = 0
        self._rules: list[_Rule] = []
        self._server = http.server.ThreadingHTTPServer((_ADDRESS, 0), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    @contextlib.contextmanager
    def failing(self, request: str, status: int) -> Iterator[_Rule]:
        """Answer requests with a status meanwhile; gives how many there were as ``met``.

        :param request: a regular expression for the whole of method and path, ``GET /x``.
        """
        rule = _Rule(re.compile(request), status)
        self._rules.append(rule)
        try:
            yield rule
        finally:
            self._rules.remove(rule)

    def _failure(self, request: str) -> int | None:
        for rule in self._rules:
            if rule.request.fullmatch(request):
                rule.met += 1
                return rule.status
        return None

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        gate = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def _pass_on(self) -> None:
                data = self.rfile.read(int(self.headers.get('Content-Length', 0)))
                failure = gate._failure(f'{self.command} {self.path}')
                if failure is None:
                    status, headers, body = self._upstream(data)
                else:
                    status, headers, body = failure, [], b'{"title": "as told"}'
                self.close_connection = True
                if status == DROP:
                    return
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = _pass_on  # noqa: N815 - names of theirs

            def _upstream(self, data: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
                connection = http.client.HTTPConnection(_ADDRESS, gate.upstream, timeout=_SECONDS)
                with contextlib.closing(connection):
                    try:
                        connection.request(self.command, self.path, data, dict(self.headers))
                        answer = connection.getresponse()
                        return answer.status, answer.getheaders(), answer.read()
                    except OSError:
                        return DROP, [], b''

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        return Handler
