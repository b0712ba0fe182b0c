# SPDX-License-Identifier: Apache-2.0
"""A real sshd on loopback, with keys and a configuration of its own.

Main class: :class:`Sshd`. It runs as whoever runs the tests, on a port that was free, and lets in
who has the key that it made.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import pathlib
import shutil
import socket
import subprocess
from collections.abc import Iterator

from tempest_plugin import waiting

_PROGRAM = shutil.which('sshd', path=f'{os.environ.get("PATH", "")}:/usr/sbin')
#: Why none can be started; empty if one can.
MISSING = '' if _PROGRAM else 'there is no sshd: install openssh-server (see bindep.txt)'
#: What a root's sshd shuts its children in; init makes it with the service.
_EMPTY = pathlib.Path('/run/sshd')
_START_SECONDS = 30
HOST = '127.0.0.1'


class Sshd:
    """Who may log in, and where.

    :ivar user: whoever runs the tests.
    :ivar key: the file of the private key that is let in.
    :ivar stranger: one that is not.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        """Make keys in a folder; nothing is started yet."""
        self.user = getpass.getuser()
        self.port = free_port()
        self._folder = folder
        self.key, self.stranger, self._host = (
            _make_key(folder / name) for name in ('key', 'stranger', 'host')
        )

    @contextlib.contextmanager
    def running(self, *settings: str) -> Iterator[None]:
        """Have it run.

        :param settings: further lines of its configuration
        """
        conf = self._folder / 'sshd_config'
        conf.write_text('\n'.join((*self._settings(), *settings)) + '\n')
        log = self._folder / 'log'
        with _empty_folder(), log.open('w') as file:
            command = [str(_PROGRAM), '-D', '-e', '-f', str(conf)]
            process = subprocess.Popen(command, stderr=file)
            try:
                waiting.until(
                    'sshd',
                    lambda: process.poll() is not None or _listens(self.port),
                    bool,
                    seconds=_START_SECONDS,
                    pause=0.05,
                )
                if process.poll() is not None:
                    raise AssertionError(f'sshd did not start: {log.read_text()}')
                yield
            finally:
                process.terminate()
                process.wait()

    def _settings(self) -> Iterator[str]:
        yield f'ListenAddress {HOST}:{self.port}'
        yield f'HostKey {self._host}'
        yield f'AuthorizedKeysFile {self.key}.pub'
        yield f'PidFile {self._folder / "pid"}'
        yield 'PermitRootLogin prohibit-password'
        yield 'PasswordAuthentication no'
        yield 'KbdInteractiveAuthentication no'
        # The folder is below one that everybody may write to.
        yield 'StrictModes no'


def free_port() -> int:
    """Return a port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _make_key(path: pathlib.Path) -> pathlib.Path:
    command = ['ssh-keygen', '-q', '-t', 'ecdsa', '-m', 'PEM', '-N', '', '-f', str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


@contextlib.contextmanager
def _empty_folder() -> Iterator[None]:
    needed = os.getuid() == 0 and not _EMPTY.exists()
    if needed:
        _EMPTY.mkdir(mode=0o755)
    try:
        yield
    finally:
        if needed:
            _EMPTY.rmdir()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
