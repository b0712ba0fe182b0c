# SPDX-License-Identifier: Apache-2.0
"""Keeps the programs of a stack running: ``supervisord``, the first process of its namespace.

Main class: :class:`Supervisor`. What it is to run is left to :mod:`tests.stack.programs`. Nothing
that ended is started again by itself: it has to be seen.
"""

from __future__ import annotations

import http.client
import socket
import time
import xmlrpc.client
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from nova_assist.cloud.ini import render
from tests.stack.errors import ServiceError
from tests.stack.programs import Program
from tests.stack.settings import Places

_RUNNING = ('STARTING', 'RUNNING')
_START_SECONDS = 20.0
_END_SECONDS = 20.0
_PAUSE_SECONDS = 0.2


def compose(places: Places, programs: Iterable[Program]) -> str:
    """Return the text of a ``supervisord.conf``."""
    sections: dict[str, Mapping[str, str]] = {
        'unix_http_server': {'file': str(_socket(places)), 'chmod': '0700'},
        'supervisord': {
            'nodaemon': 'true',
            'user': 'root',
            'logfile': '/dev/null',
            'logfile_maxbytes': '0',
            'pidfile': str(places.run / 'supervisord.pid'),
        },
        'rpcinterface:supervisor': {
            'supervisor.rpcinterface_factory': ('supervisor.rpcinterface:make_main_rpcinterface')
        },
        'supervisorctl': {'serverurl': f'unix://{_socket(places)}'},
    }
    for program in programs:
        sections[f'program:{program.name}'] = _section(places, program)
    return render(sections)


def _section(places: Places, program: Program) -> dict[str, str]:
    environment = ','.join(
        f'{name}={_quoted(value)}' for name, value in program.environment.items()
    )
    return {
        'command': ' '.join(map(_quoted, program.command)),
        'user': program.user,
        'environment': environment,
        'directory': str(places.run),
        'autostart': 'false',
        'autorestart': 'false',
        'startretries': '0',
        'stopasgroup': 'true',
        'killasgroup': 'true',
        'redirect_stderr': 'true',
        'stdout_logfile': str(places.log(program.name)),
        'stdout_logfile_maxbytes': '0',
    }


def _quoted(word: str) -> str:
    """Return a word that supervisor takes as one, with nothing in it replaced."""
    escaped = word.replace('\\', '\\\\').replace('"', '\\"').replace('%', '%%')
    return f'"{escaped}"'


def _socket(places: Places) -> Path:
    return places.run / 'supervisor.sock'


class Supervisor:
    """A supervisor that runs, talked to by its socket."""

    def __init__(self, places: Places) -> None:
        self._places = places
        transport = _Transport(_socket(places))
        self._calls = xmlrpc.client.ServerProxy('http://localhost', transport=transport).supervisor
        self._down: set[str] = set()

    def wait(self) -> None:
        """Wait until it answers.

        :raises ServiceError: it does not.
        """
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self._calls.getState()
                return
            except (OSError, http.client.HTTPException) as error:
                if time.monotonic() > deadline:
                    found = f'does not answer after {_START_SECONDS:.0f} s ({error})'
                    raise ServiceError(
                        'supervisord', found, self._places.log('supervisord')
                    ) from error
            time.sleep(_PAUSE_SECONDS)

    def start(self, *names: str) -> None:
        """Start programs that do not run; whether they become ready is left to others.

        :raises ServiceError: one can't be started.
        """
        self._down.difference_update(names)
        for name in names:
            if self._calls.getProcessInfo(name)['statename'] not in _RUNNING:
                try:
                    self._calls.startProcess(name, False)
                except xmlrpc.client.Fault as fault:
                    found = f'can not be started: {fault.faultString}'
                    raise ServiceError(name, found, self._places.log(name)) from fault

    def await_end(self, name: str) -> None:
        """Wait until it is known here that a program has ended, and don't mind until its start.

        :raises ServiceError: it hasn't.
        """
        deadline = time.monotonic() + _END_SECONDS
        while self._calls.getProcessInfo(name)['statename'] in _RUNNING:
            if time.monotonic() > deadline:
                found = f'still runs after {_END_SECONDS:.0f} s'
                raise ServiceError(name, found, self._places.log(name))
            time.sleep(_PAUSE_SECONDS)
        self._down.add(name)

    def check(self) -> None:
        """Make sure that no program that was started has ended.

        :raises ServiceError: one has.
        """
        started = (each for each in self._calls.getAllProcessInfo() if each['start'])
        for each in started:
            if each['name'] not in self._down and each['statename'] not in _RUNNING:
                found = (
                    f'is not up: {each["statename"]}, {each["spawnerr"] or each["description"]}'
                )
                raise ServiceError(each['name'], found, self._places.log(each['name']))

    def until(self, name: str, what: str, ready: Callable[[], object], seconds: float) -> None:
        """Wait until a program is ready, while all that were started go on.

        :param what: what it has to do, for the message.
        :param ready: returns something true once it is; an error means that it is not.
        :raises ServiceError: it isn't in time, or one has ended.
        """
        deadline = time.monotonic() + seconds
        while True:
            self.check()
            said: object = 'no'
            try:
                if ready():
                    return
            except Exception as error:  # services that are not up yet fail in many ways
                said = f'{type(error).__name__}: {error}'
            if time.monotonic() > deadline:
                found = f'is not up: {what} after {seconds:.0f} s? {said}'
                raise ServiceError(name, found, self._places.log(name))
            time.sleep(_PAUSE_SECONDS)


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__('localhost')
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(str(self._path))


class _Transport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: object) -> _Connection:
        return _Connection(self._path)
