# SPDX-License-Identifier: Apache-2.0
"""The mounts and processes of the stack, out of the machine's way.

Main class: :class:`Namespace`. Its first process is the supervisor; when that ends, however it
does, the kernel ends all others, and takes back all mounts and loop devices.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from tests.stack.errors import ServiceError, StackError

_UNSHARE = (
    *('unshare', '--mount', '--propagation', 'private'),
    *('--pid', '--fork', '--kill-child', '--mount-proc'),
)
_END_SECONDS = 30.0
_ROOT = Path(__file__).parents[2]


@dataclasses.dataclass(frozen=True)
class Mount:
    """A mount that the stack alone sees.

    :ivar source: a file or folder to be seen at the target, or an image, or nothing.
    :ivar kind: ``bind``, ``image`` or ``tmpfs``.
    """

    target: Path
    source: Path | None = None
    kind: str = 'bind'

    def command(self) -> list[str]:
        """Return the command that makes it."""
        options = {'bind': ['--bind'], 'image': ['-o', 'loop'], 'tmpfs': ['-t', 'tmpfs']}
        return ['mount', *options[self.kind], str(self.source or 'none'), str(self.target)]


@dataclasses.dataclass(frozen=True)
class Namespace:
    """A namespace by the file that tells its processes.

    :ivar file: has the id of a process outside whose only child is the first one inside.
    """

    file: Path

    @property
    def first(self) -> int | None:
        """The id of the first process inside, as seen from outside; ``None`` if it isn't up."""
        with contextlib.suppress(OSError, ValueError, psutil.Error):
            told = json.loads(self.file.read_text())
            outside = psutil.Process(told['process'])
            if outside.create_time() == told['began']:
                return next((child.pid for child in outside.children()), None)
        return None

    def start(self, mounts: Sequence[Mount], command: Sequence[str], log: Path) -> None:
        """Make the mounts and run a command as the first process.

        :raises ServiceError: it ends at once.
        """
        steps = self.file.with_name('namespace-steps')
        steps.write_text(json.dumps({'mounts': [_told(each) for each in mounts]}))
        inside = [sys.executable, '-m', 'tests.stack.inside', str(steps), *command]
        with log.open('ab') as output:
            process = subprocess.Popen(
                [*_UNSHARE, *inside],
                cwd=_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        told = {'process': process.pid, 'began': psutil.Process(process.pid).create_time()}
        self.file.write_text(json.dumps(told))
        with contextlib.suppress(subprocess.TimeoutExpired):
            raise ServiceError('the supervisor', f'ended with {process.wait(1.0)}', log)

    def command(self, *words: str) -> list[str]:
        """Return a command that runs another one inside.

        :raises StackError: the namespace is not there any more.
        """
        first = self.first
        if first is None:
            raise StackError('the stack is not up')
        return ['nsenter', '--target', str(first), '--mount', '--pid', '--', *words]

    def processes(self) -> Iterator[int]:
        """Give the ids of all processes inside, as seen from outside."""
        own = _kernel_name(self.first)
        if own:
            yield from (pid for pid in psutil.pids() if _kernel_name(pid) == own)

    def end(self) -> None:
        """Kill everything inside.

        :raises StackError: something is still there.
        """
        first = self.first
        if first is None:
            return
        left = list(self.processes())
        os.kill(first, signal.SIGKILL)
        deadline = time.monotonic() + _END_SECONDS
        while any(map(psutil.pid_exists, left)):
            if time.monotonic() > deadline:
                still = list(filter(psutil.pid_exists, left))
                raise StackError(f'killed, but still there after {_END_SECONDS:.0f} s: {still}')
            time.sleep(0.1)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(-1, os.WNOHANG)


def _told(mount: Mount) -> dict[str, object]:
    return {'target': str(mount.target), 'command': mount.command()}


def _kernel_name(pid: int | None) -> str:
    with contextlib.suppress(OSError):
        return os.readlink(f'/proc/{pid}/ns/pid')
    return ''
