# SPDX-License-Identifier: Apache-2.0
"""Running a command where the share is seen: here, or on another host.

Main classes: :class:`Local` and :class:`Ssh`. What to run is left to
:mod:`tempest_plugin.share.view`.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence
from typing import Protocol

from tempest.lib import exceptions
from tempest.lib.common import ssh

from tempest_plugin import errors

_SECONDS = 60


class Runner(Protocol):
    """Runs commands, and returns what they print."""

    def run(self, command: Sequence[str]) -> str:
        """Run a command to its end.

        :raises ShareUnseen: it failed, or could not be run
        """


class Local:
    """Runs commands on this host."""

    def run(self, command: Sequence[str]) -> str:
        """Run a command as who runs tempest.

        :raises ShareUnseen: it failed, or could not be run
        """
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors='surrogateescape', timeout=_SECONDS
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise _unseen(command, str(error)) from error
        if done.returncode:
            raise _unseen(command, f'exit code {done.returncode}: {done.stderr.strip()}')
        return done.stdout


class Ssh:
    """Runs commands on another host."""

    def __init__(
        self, host: str, user: str, key_file: str, port: int, seconds: float = _SECONDS
    ) -> None:
        """Take where to log in, and how; nothing is connected yet.

        :param seconds: how long to try to log in, and how long a command may take
        """
        self._login = f'{user}@{host}, port {port}, with the key in {key_file}'
        self._client = ssh.Client(
            host,
            user,
            key_filename=key_file,
            port=port,
            timeout=seconds,
            look_for_keys=False,
            ssh_allow_agent=False,
        )

    def run(self, command: Sequence[str]) -> str:
        """Run a command as who logs in.

        :raises ShareUnseen: it failed, took too long, or nobody could log in
        """
        try:
            printed: bytes = self._client.exec_command(shlex.join(command), encoding=None)
        except exceptions.SSHTimeout as error:
            # It tells that all attempts failed, and its context why the last one did.
            raise _unseen(
                command, f'could not log in to {self._login}: {error.__context__}'
            ) from error
        except (exceptions.SSHExecCommandFailed, exceptions.TimeoutException) as error:
            raise _unseen(command, str(error)) from error
        return printed.decode(errors='surrogateescape')


class Sudo:
    """Runs commands as another account of the same host, which sudo has to allow unasked."""

    def __init__(self, runner: Runner, user: str) -> None:
        """Take who really runs commands, and as whom."""
        self._runner = runner
        self._prefix = ('sudo', '-n', '-u', user, '--')

    def run(self, command: Sequence[str]) -> str:
        """Run a command as the account."""
        return self._runner.run([*self._prefix, *command])


def _unseen(command: Sequence[str], why: str) -> errors.ShareUnseen:
    return errors.ShareUnseen(
        f'the share could not be looked at: {shlex.join(command)}: {why}; see share_access, '
        'share_path and share_sudo in [assisted_snapshots], or set share_access to "none"'
    )
