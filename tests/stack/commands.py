# SPDX-License-Identifier: Apache-2.0
"""Runs a command to its end; main function: :func:`run`."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.stack.errors import CommandError


def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
    given: str | None = None,
) -> str:
    """Run a command, and return what it printed.

    :param environment: instead of ours.
    :param log: where its output is added to, too.
    :param given: its standard input.
    :raises CommandError: it can't be started, or ends with another code than 0.
    """
    try:
        ended = subprocess.run(
            command,
            env=environment,
            input=given or '',
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors='replace',
        )
    except OSError as error:
        raise CommandError(command, 127, str(error)) from error
    if log:
        with log.open('a') as file:
            file.write(f'$ {" ".join(command)}\n{ended.stdout}')
    if ended.returncode:
        raise CommandError(command, ended.returncode, ended.stdout)
    return ended.stdout
