# SPDX-License-Identifier: Apache-2.0
"""A lasting process that looks at a share under another account, and answers questions.

Main class: :class:`Companion`. A question and its answer are one line of JSON each. What the
process looks at is left to :mod:`nova_assist.checks.watch_process` and
:mod:`nova_assist.checks.open_process`.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import Any

from nova_assist.accounts import Account
from nova_assist.checks import errors

#: How long an answer may take: on a hard mount whose server is away, the process waits for it.
_DEADLINE = 120.0


class Companion:
    """The process, from its start to :meth:`close`.

    :ivar account: whom it runs as, ``None`` for ourselves.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        account: Account | None,
        environment: Mapping[str, str],
    ) -> None:
        """Start a module of this package.

        :raises errors.CompanionError: it can't be started
        """
        self.account = account
        self._name = module.rpartition('.')[2] + (f' as account {account}' if account else '')
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._process = subprocess.Popen(
                [sys.executable, '-m', module, *arguments],
                cwd='/',
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                start_new_session=True,
                **(account.process_arguments() if account else {}),
            )
        except OSError as error:
            self._complaints.close()
            raise errors.CompanionError(f'{self._name} cannot be started: {error}') from error

    def __enter__(self) -> Companion:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def preempt(self) -> None:
        """Let the process run before all others when it has something to do, if we may."""
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(self._process.pid, os.SCHED_FIFO, os.sched_param(1))

    def ask(self, question: Any) -> Any:
        """Send a question and return the answer.

        :raises errors.CompanionError: the process ended, or doesn't answer in time
        """
        stdin = self._process.stdin
        with contextlib.suppress(OSError):  # it has ended, which is found out below
            if stdin is not None:
                stdin.write(json.dumps(question).encode() + b'\n')
                stdin.flush()
        try:
            return json.loads(self._line())
        except ValueError as error:
            raise errors.CompanionError(f'{self._name} ended: {self._last_word()}') from error

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        # An unanswered question may still be on its way.
        with contextlib.suppress(BrokenPipeError), self._process:
            self._process.wait()
        self._complaints.close()

    def _line(self) -> bytes:
        """Return the next line that the process says, or what there is of it at its end."""
        if self._process.stdout is None:
            return b''
        output = self._process.stdout.fileno()
        deadline = time.monotonic() + _DEADLINE
        said = b''
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while not said.endswith(b'\n'):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    # A late answer must never be taken for that to another question.
                    self._process.kill()
                    raise errors.CompanionError(
                        f'{self._name} did not answer within {_DEADLINE:.0f} s'
                    )
                part = os.read(output, 65536)
                if not part:
                    break
                said += part
        return said

    def _last_word(self) -> str:
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors='replace').splitlines()
        return lines[-1] if lines else 'it was killed'
