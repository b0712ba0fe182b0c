# SPDX-License-Identifier: Apache-2.0
"""Writes to a disk as a guest or a host does, through a lasting qemu-io process.

Main class: :class:`Disk`. What to write is left to :mod:`nova_assist.scenarios.writer`.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import tempfile
import time
from pathlib import Path

from nova_assist.accounts import Account
from nova_assist.checks.pattern import BLOCK_SIZE, Pattern, Write
from nova_assist.checks.reader import ImageSource
from nova_assist.scenarios.errors import GuestIoError

_PROMPT = b'qemu-io> '
_DEADLINE = 120.0


class Disk:
    """An open disk that takes one request at a time; to be closed by leaving its context."""

    def __init__(
        self,
        source: ImageSource,
        scratch: Path,
        pattern: Pattern,
        account: Account | None = None,
    ) -> None:
        """Open ``source``; ``scratch`` is a folder for the content of the writes.

        :param account: whom to open it as, if not as ourselves
        :raises GuestIoError: if it can't be opened
        """
        self._source = source
        self._pattern = pattern
        # Without a name: after a kill or an interruption nothing is left to be removed.
        self._content = tempfile.TemporaryFile(dir=scratch, buffering=0)  # noqa: SIM115
        os.fchmod(self._content.fileno(), 0o644)  # for qemu-io, whoever runs it
        self._process = self._started(account)
        try:
            self._answer('opening it')
        except GuestIoError:
            self.close()
            raise

    def __enter__(self) -> Disk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, write: Write) -> None:
        """Write one block; it is in QEMU's hands, but not flushed, when this returns.

        :raises GuestIoError: if QEMU reports an error or doesn't answer
        """
        self._content.seek(0)
        self._content.write(self._pattern.encode(write))
        at = write.block * BLOCK_SIZE
        content = f'/proc/self/fd/{self._content.fileno()}'
        self._ask(f'write -q -s {content} {at} {BLOCK_SIZE}')

    def flush(self) -> None:
        """Make all writes so far durable.

        :raises GuestIoError: if QEMU reports an error or doesn't answer
        """
        self._ask('flush')

    def close(self) -> None:
        """End the process; what was written but not flushed is flushed by QEMU."""
        with self._process as process:
            if process.poll() is None:
                try:
                    process.communicate(b'quit\n', timeout=_DEADLINE)
                except (subprocess.TimeoutExpired, OSError):
                    process.kill()
        self._content.close()

    def _started(self, account: Account | None) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ['qemu-io', '-f', self._source.format, self._source.location],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[self._content.fileno()],
            **(account.process_arguments() if account else {}),
        )

    def _ask(self, command: str) -> None:
        stdin = self._process.stdin
        try:
            if stdin is not None:
                stdin.write(command.encode() + b'\n')
                stdin.flush()
        except OSError as error:
            raise GuestIoError(f'{command} on {self._source.location}: {error}') from error
        said = self._answer(command)
        if said:
            raise GuestIoError(f'{command} on {self._source.location}: {said}')

    def _answer(self, command: str) -> str:
        """Return what QEMU says up to its next prompt; nothing is good news."""
        if self._process.stdout is None:
            raise GuestIoError(f'qemu-io on {self._source.location} has no output')
        said = b''
        deadline = time.monotonic() + _DEADLINE
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while not said.endswith(_PROMPT):
                if not selector.select(deadline - time.monotonic()):
                    raise GuestIoError(
                        f'{command} on {self._source.location}: no answer within {_DEADLINE:.0f} s'
                    )
                part = os.read(self._process.stdout.fileno(), 65536)
                if not part:
                    raise GuestIoError(
                        f'{command} on {self._source.location}: qemu-io ended: '
                        f'{said.decode(errors="replace").strip()}'
                    )
                said += part
        return said.removesuffix(_PROMPT).decode(errors='replace').strip()
