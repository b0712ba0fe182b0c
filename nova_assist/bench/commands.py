# SPDX-License-Identifier: Apache-2.0
"""Programs that the bench runs; main functions: :func:`qemu` and :func:`ourselves`."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from pathlib import Path

from nova_assist.bench.errors import BenchError

_SHOWN = 2000

#: Runs a command, tells its status and the memory that it has used, and leaves signals to it. It
#: is small: what the kernel tells of a process counts what it was forked from.
_MEASURING = """
import os, signal, sys
theirs = [signal.SIGINT, signal.SIGTERM]
for each in theirs:
    signal.signal(each, signal.SIG_IGN)
told, *words = sys.argv[1:]
child = os.posix_spawnp(words[0], words, os.environ, setsigdef=theirs)
_, status, used = os.wait4(child, 0)
os.write(int(told), f'{os.waitstatus_to_exitcode(status)} {used.ru_maxrss}'.encode())
"""


@dataclasses.dataclass(frozen=True)
class Ran:
    """What a command took: seconds, and bytes of memory at most."""

    seconds: float
    memory: int


def qemu(*command: str, folder: Path) -> None:
    """Run one of QEMU's programs.

    :param folder: where it runs
    :raises BenchError: it fails, for instance on a full disk
    """
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode:
        said = f'{ended.stdout}{ended.stderr}'.strip()
        raise BenchError(
            f'{" ".join(command)} in {folder} ended with {ended.returncode}: {said[-_SHOWN:]}'
        )


def ourselves(*words: str, accepted: Collection[int] = (0,)) -> Ran:
    """Run ``nova-assist`` with some words.

    :param accepted: exit codes that it may have
    :raises BenchError: it has another one
    """
    return measured([sys.executable, '-m', 'nova_assist', *words], accepted)


def measured(command: list[str], accepted: Collection[int] = (0,)) -> Ran:
    """Run a command and measure it.

    :raises BenchError: it ends with another exit code than those
    """
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as output, os.fdopen(reading) as told:
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, '-S', '-E', '-c', _MEASURING, str(writing), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[writing],
            start_new_session=True,
        )
        os.close(writing)
        try:
            process.wait()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)  # it cleans up after itself
            process.wait()
            raise
        seconds = time.monotonic() - began
        code, memory = (int(word) for word in told.read().split() or (process.returncode, 0))
        if code not in accepted:
            output.seek(max(0, output.seek(0, os.SEEK_END) - _SHOWN))
            said = output.read().decode(errors='replace').strip()
            raise BenchError(f'{" ".join(command)} ended with {code}:\n{said}')
    return Ran(seconds, memory * 1024)
