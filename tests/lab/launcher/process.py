# SPDX-License-Identifier: Apache-2.0
"""
Starts the lab's first process, hands on what the command prints, and leaves nothing behind.

Main function: :func:`run`. Leaves what is started to ``machines``.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator

from . import LabError, OutOfTime
from .job import Job
from .machines import Machine

START_LIMIT = 120.0
CONSOLE_TAIL = 20
PR_SET_CHILD_SUBREAPER = 36
# Its input ends when this process does, however it is killed; then it cleans up in its place.
GUARDIAN = 'read -r _; kill -9 "-$1"; rm -rf -- "$2"'


def run(job: Job, machine: Machine, time_limit: float) -> int:
    """
    Do a job on a machine.

    :param time_limit: seconds, start included
    :return: the command's exit code
    :raises OutOfTime: the time limit is reached
    :raises LabError: it could not be set up
    """
    deadline = time.monotonic() + time_limit
    with tempfile.TemporaryDirectory(prefix='nova-assist-lab-') as name:
        folder = pathlib.Path(name).resolve()
        job.write(folder, machine.variables)
        with _handed_on(1) as output, _handed_on(2) as errors:
            arguments = machine.arguments(folder, output, errors)
            with _started(arguments, folder, output, errors) as lab:
                _wait(lab, folder, deadline, time_limit)
        with contextlib.suppress(FileNotFoundError):
            return int((folder / 'status').read_text())
        raise LabError(_told(folder, 'it ended without a result'))


@contextlib.contextmanager
def _handed_on(target: int) -> Iterator[int]:
    """A descriptor whose data is copied to another; on leaving, all of it has been."""
    source, sink = os.pipe()
    copying = threading.Thread(target=_copy, args=(source, target), daemon=True)
    copying.start()
    try:
        yield sink
    finally:
        os.close(sink)
        copying.join()
        os.close(source)


def _copy(source: int, target: int) -> None:
    """Copy to the end; when nobody wants it any more, read on all the same."""
    wanted = True
    while data := os.read(source, 65536):
        try:
            while wanted and data:
                data = data[os.write(target, data) :]
        except BrokenPipeError:
            wanted = False


@contextlib.contextmanager
def _started(
    arguments: list[str], folder: pathlib.Path, *descriptors: int
) -> Iterator[subprocess.Popen[bytes]]:
    """The lab's first process; on leaving, it and all its descendants are gone."""
    # What it leaves behind becomes a child of this process, which can so wait for its end.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    with (folder / 'console').open('wb') as console:
        lab = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            pass_fds=descriptors,
            start_new_session=True,
        )
    guardian = subprocess.Popen(
        ['sh', '-c', GUARDIAN, 'lab-guardian', str(lab.pid), str(folder)],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield lab
    finally:
        guardian.kill()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(lab.pid, signal.SIGKILL)
        lab.wait()
        guardian.communicate()
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)


def _wait(
    lab: subprocess.Popen[bytes], folder: pathlib.Path, deadline: float, limit: float
) -> None:
    remaining = deadline - time.monotonic()
    try:
        lab.wait(min(remaining, START_LIMIT))
        return
    except subprocess.TimeoutExpired:
        if not (folder / 'ready').exists() and remaining > START_LIMIT:
            raise LabError(_told(folder, f'not ready after {START_LIMIT:.0f} s')) from None
    try:
        lab.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise OutOfTime(f'out of time: ended after {limit:g} s') from None


def _told(folder: pathlib.Path, otherwise: str) -> str:
    """The reason that the lab's console tells, and its last lines."""
    lines = (folder / 'console').read_text(errors='replace').splitlines()
    reasons = [line for line in lines if line.startswith('lab failed: ')]
    reason = reasons[0].partition(': ')[2] if reasons else otherwise
    heading = f'could not be set up: {reason}\nThe last lines of its console:'
    return '\n'.join([heading, *lines[-CONSOLE_TAIL:]])
