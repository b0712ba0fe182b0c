# SPDX-License-Identifier: Apache-2.0
"""The embedded cloud as a command of its own, which is how users start it.

Main function: :func:`cloud`.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping

_ROOT = pathlib.Path(__file__).parents[2]
_START_SECONDS = 240
_STOP_SECONDS = 60


class CloudError(Exception):
    """The cloud did not start; the message is what it said."""


@contextlib.contextmanager
def cloud(driver: str, options: Iterable[str], folder: pathlib.Path) -> Iterator[dict[str, str]]:
    """Have a cloud run; gives the environment for its clients.

    :param options: ``NAME=VALUE`` each, for the driver
    :raises CloudError: it does not start
    """
    command = [sys.executable, '-m', 'nova_assist', 'cloud', '--identity', 'keystone']
    command += ['--key-manager', 'barbican']
    command += ['--driver', driver, '--keep', str(folder), '-f', 'json']
    command += [word for option in options for word in ('--option', option)]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE) as process:
        try:
            yield _spoken(process)
        finally:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_SECONDS)
            process.kill()


def environment_of(further: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which tempest finds the plugin of this checkout."""
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get('PYTHONPATH'))))
    return {**os.environ, **further, 'PYTHONPATH': path}


def _spoken(process: subprocess.Popen[bytes]) -> dict[str, str]:
    """Read what a cloud prints once it is up: an object in JSON."""
    assert process.stdout is not None
    deadline = time.monotonic() + _START_SECONDS
    said = b''
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while selector.select(deadline - time.monotonic()):
            part = os.read(process.stdout.fileno(), 65536)
            said += part
            with contextlib.suppress(json.JSONDecodeError):
                environment: dict[str, str] = json.loads(said)
                return environment
            if not part:
                raise CloudError(f'The cloud did not start: {said.decode() or "see above"}')
    raise CloudError(f'The cloud was not up after {_START_SECONDS} s')
