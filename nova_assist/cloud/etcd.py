# SPDX-License-Identifier: Apache-2.0
"""An etcd that keeps the locks of a cluster's services; main class: :class:`Etcd`.

One member, on loopback, with its data in a folder that a later start goes on from. It says nothing
on its standard output: whether it is ready is asked for. Its clients are Cinders, through tooz.
"""

from __future__ import annotations

import http.client
import shutil
from collections.abc import Mapping
from pathlib import Path

from nova_assist.client import poll
from nova_assist.cloud import host
from nova_assist.cloud.errors import MissingToolError, ServiceError
from nova_assist.cloud.service import START_SECONDS, Service

PROGRAM = 'etcd'
_PACKAGE = 'etcd-server'

_ANSWER_SECONDS = 2.0


class Etcd(Service):
    """A service that clients reach by HTTP.

    :param folder: where its data is.
    :param lease: seconds that a lock outlives the last word of who holds it. etcd gives none of
        less than 2.
    :param log: the file that gets what it prints; appended to.
    :param environment: the child's whole environment.
    :ivar backend_url: what ``[coordination] backend_url`` is for it.
    """

    def __init__(
        self, folder: Path, lease: int, log: Path, environment: Mapping[str, str]
    ) -> None:
        self._port, peers = host.choose_ports({'etcd': 0, "etcd's peers": 0}).values()
        url = _url(self._port)
        words = {
            'name': 'locks',
            'data-dir': folder,
            'listen-client-urls': url,
            'advertise-client-urls': url,
            'listen-peer-urls': _url(peers),
            'initial-advertise-peer-urls': _url(peers),
            'initial-cluster': f'locks={_url(peers)}',
            'logger': 'zap',
            'log-outputs': 'stderr',
            'log-level': 'warn',
        }
        command = [PROGRAM, *(f'--{name}={value}' for name, value in words.items())]
        super().__init__('etcd', command, url, log, environment)
        self.backend_url = f'etcd3+{url}?timeout={lease}'

    def spawn(self) -> None:
        """Start the process only; :meth:`await_ready` has to follow.

        :raises MissingToolError: it isn't installed.
        """
        if not shutil.which(PROGRAM):
            raise MissingToolError(PROGRAM, _PACKAGE)
        super().spawn()

    def await_ready(self) -> None:
        """Wait until it serves requests.

        :raises ServiceError: it ends, or is silent for too long; it is stopped.
        """
        if poll(lambda: self._is_healthy() or not self.alive, bool, START_SECONDS) and self.alive:
            return
        reason = f'was not ready after {START_SECONDS} s' if self.alive else 'ended at its start'
        self.kill()
        raise ServiceError(self.name, reason, self.log, self.tail())

    def _is_healthy(self) -> bool:
        connection = http.client.HTTPConnection('127.0.0.1', self._port, timeout=_ANSWER_SECONDS)
        try:
            connection.request('GET', '/health')
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False
        finally:
            connection.close()


def _url(port: int) -> str:
    return f'http://127.0.0.1:{port}'
