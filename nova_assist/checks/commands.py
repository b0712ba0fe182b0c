# SPDX-License-Identifier: Apache-2.0
"""Runs qemu-img for the judges; the only place of this package that starts a process.

Main function: :func:`run`. What to run and what the output means is left to
:mod:`nova_assist.checks.images` and :mod:`nova_assist.checks.reader`.
"""

from __future__ import annotations

import subprocess
from collections.abc import Collection

from nova_assist.accounts import Account
from nova_assist.checks import errors

_DEADLINE = 120.0


def run(*args: str, account: Account | None = None, accepted: Collection[int] = (0,)) -> str:
    """Run a command and return what it printed.

    :param account: whom to run it as, if not as ourselves
    :param accepted: the exit codes that are answers, not failures
    :raises errors.CommandFailed: if it can't be started, fails, or takes over two minutes
    """
    try:
        done: subprocess.CompletedProcess[str] = subprocess.run(
            args,
            capture_output=True,
            text=True,
            timeout=_DEADLINE,
            check=False,
            **(account.process_arguments() if account else {}),
        )
    except subprocess.TimeoutExpired as error:
        raise errors.CommandFailed(args, None, f'killed after {_DEADLINE:.0f} s') from error
    except OSError as error:
        raise errors.CommandFailed(args, 127, str(error)) from error
    if done.returncode not in accepted:
        raise errors.CommandFailed(args, done.returncode, done.stderr or done.stdout)
    return done.stdout
