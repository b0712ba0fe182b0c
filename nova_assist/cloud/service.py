# SPDX-License-Identifier: Apache-2.0
"""One service of the cloud as a child process; main class: :class:`Service`.

What the child does is its own business, as long as it says one line on its standard output:
``ready URL`` once it listens, or ``error MESSAGE``. Processes that a child leaves behind are left
to :mod:`nova_assist.cloud.reaper`.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from nova_assist import accounts
from nova_assist.accounts import Account
from nova_assist.cloud.errors import ServiceError

#: How long a service may take until it says that it is ready.
START_SECONDS = 180

#: How long a service may take to end in order; then it is killed.
STOP_SECONDS = 5

#: How long a process may live on after its last word.
_LAST_WORD_SECONDS = 2

_TAIL_LINES = 15


class Service:
    """A child process that serves a URL.

    :param name: ``cinder`` or ``compute``.
    :param command: what to run.
    :param url: the URL that it will serve.
    :param log: the file that gets what it prints; appended to.
    :param environment: the child's whole environment.
    :param account: whom the child runs as, if not as ourselves.
    :param umask: the child's, if not ours.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        url: str,
        log: Path,
        environment: Mapping[str, str],
        account: Account | None = None,
        umask: int | None = None,
    ) -> None:
        self.name = name
        self.url = url
        self.log = log
        self._command = list(command)
        self._environment = dict(environment)
        self._identity = account.process_arguments() if account else {}
        self._umask = -1 if umask is None else umask
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """The process's id, or ``None`` when it doesn't run."""
        return self._process.pid if self._process and self.alive else None

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def check(self) -> None:
        """See that the process runs.

        :raises ServiceError: it ended by itself, or was never started.
        """
        if not self.alive:
            code = self._process.returncode if self._process else None
            raise ServiceError(self.name, f'ended by itself (exit code {code})', self.log)

    def start(self) -> None:
        """Start the service, and return when it is ready.

        :raises ServiceError: it doesn't start, or runs already.
        """
        self.spawn()
        self.await_ready()

    def spawn(self) -> None:
        """Start the process only; :meth:`await_ready` has to follow."""
        if self.alive:
            raise ServiceError(self.name, f'runs already, as process {self.pid}', self.log)
        self._wait(0)
        # The log is ours, and whoever starts a service again may act as somebody else meanwhile.
        with accounts.ourselves(), self.log.open('ab') as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                umask=self._umask,
                **self._identity,
            )

    def await_ready(self) -> None:
        """Wait until the service says that it is ready.

        :raises ServiceError: it says otherwise, ends, or is silent for too long; it is stopped.
        """
        line = self._first_line()
        word, _, rest = line.partition(' ')
        if word == 'ready':
            return
        ended = self._wait(_LAST_WORD_SECONDS)
        code = self._process.returncode if self._process else None
        self.kill()
        if word == 'error':
            raise ServiceError(self.name, rest, self.log)
        if ended:
            reason = f'ended with exit code {code} before it was ready'
        elif line:
            reason = f'said {line!r} where "ready" or "error" was expected'
        else:
            reason = f'was not ready after {START_SECONDS} s'
        raise ServiceError(self.name, reason, self.log, self.tail())

    def tail(self) -> list[str]:
        """Return the last lines that the service logged since its last start."""
        with self.log.open('rb') as log:
            log.seek(self._log_start)
            lines = log.read().decode(errors='replace').splitlines()
        return lines[-_TAIL_LINES:]

    def terminate(self) -> None:
        """Ask the service to end, and return at once."""
        if self._process and self.alive:
            self._process.terminate()

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """End the service in order; kill it when it takes longer than some seconds."""
        self.terminate()
        if not self._wait(seconds):
            self.kill()

    def kill(self) -> None:
        """Kill the service's process, as a crash would; what it started lives on."""
        self.send_kill()
        self._wait(None)

    def send_kill(self) -> None:
        """Have the process die, and return at once; who waits until it is ready hears of that."""
        if self._process and self.alive:
            self._process.kill()

    def restart(self) -> None:
        """Stop the service if it runs, and start it again.

        :raises ServiceError: it doesn't start.
        """
        self.stop()
        self.start()

    def _wait(self, seconds: float | None) -> bool:
        """Wait for the process's end; return whether it came in time."""
        if not self._process:
            return True
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        if self._process.stdout:
            self._process.stdout.close()
        return True

    def _first_line(self) -> str:
        """Return the first line on the child's standard output, or '' at its end or deadline."""
        if not self._process or not self._process.stdout:
            return ''
        output = self._process.stdout.fileno()
        deadline = time.monotonic() + START_SECONDS
        said = b''
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while b'\n' not in said and selector.select(deadline - time.monotonic()):
                data = os.read(output, 4096)
                if not data:
                    return ''
                said += data
        return said.partition(b'\n')[0].decode(errors='replace')
