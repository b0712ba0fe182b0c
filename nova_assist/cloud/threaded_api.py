# SPDX-License-Identifier: Apache-2.0
"""Cinder's API where Cinder runs without eventlet, by which alone oslo.service can serve it.

Main class: :class:`ThreadedApi`, in the place of ``cinder.service.WSGIService``.
"""

from __future__ import annotations

import threading
from typing import Any

import waitress

# SQLite lets one write at a time; more would fail in the end rather than wait.
_THREADS = 4


class ThreadedApi:
    """Serves a WSGI application on 127.0.0.1 in native threads.

    :param application: what to serve
    :param port: the TCP port
    :raises OSError: the port is taken
    """

    def __init__(self, application: Any, port: int) -> None:
        self._server = waitress.create_server(
            application, host='127.0.0.1', port=port, threads=_THREADS
        )

    def start(self) -> None:
        """Answer requests from now on."""
        threading.Thread(target=self._server.run, daemon=True).start()

    def stop(self) -> None:
        """Take no more requests, and let those under way end."""
        self._server.close()
        self._server.task_dispatcher.shutdown()
