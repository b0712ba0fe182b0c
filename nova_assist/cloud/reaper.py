# SPDX-License-Identifier: Apache-2.0
"""Ends every process of a cloud, whatever happened to who started it.

Main class: :class:`Reaper`, the supervisor's end of a small process of its own
(``python -m nova_assist.cloud.reaper MARK [MOUNT_BASE]``). That process waits for the end of its
standard input, which comes when the supervisor closes it, or dies in any way. Then it kills every
process that carries the cloud's mark in its environment, and unmounts what is mounted below the
mount base. Ending services in order is left to :mod:`nova_assist.cloud.service`.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import time
from pathlib import Path

import psutil

from nova_assist.cloud.errors import CleanUpError
from nova_assist.cloud.host import child_environment

MARK = 'NOVA_ASSIST_CLOUD'
"""The environment variable that marks a cloud's processes with the cloud's id."""

SWEEP_SECONDS = 15
"""How long killing and unmounting may take."""

_MARKING_SECONDS = 0.1
"""How long a process that is being started may be without the mark: until its exec."""

_DYING_SECONDS = 0.01
"""How long to wait for killed processes before looking again."""


class Reaper:
    """The process that cleans up when this one closes it or dies.

    :param mark: the id of the cloud.
    :param mount_base: unmount what is mounted below this folder.
    """

    def __init__(self, mark: str, mount_base: Path | None = None) -> None:
        bases = [str(mount_base)] if mount_base else []
        self._process = subprocess.Popen(
            [sys.executable, '-m', __name__, mark, *bases],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=child_environment(),
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def finish(self) -> None:
        """Clean up now, and wait until it is done.

        :raises CleanUpError: something was left behind.
        """
        try:
            _, complaint = self._process.communicate(timeout=2 * SWEEP_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise CleanUpError(
                f'cleaning up after the cloud takes more than {error.timeout} s; '
                f'see what process {self.pid} waits for'
            ) from error
        if self._process.returncode:
            raise CleanUpError(complaint.strip() or f'the reaper, process {self.pid}, was killed')


def sweep(mark: str) -> list[int]:
    """Kill every process that carries the mark; return the ids of those that don't go away."""
    deadline = time.monotonic() + SWEEP_SECONDS
    while (found := _marked(mark)) and time.monotonic() < deadline:
        for process in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        time.sleep(_DYING_SECONDS)
    return sorted(process.pid for process in found)


def unmount_below(base: Path) -> list[str]:
    """Unmount what is mounted below a folder, deepest first; return complaints."""
    complaints = []
    table = Path('/proc/self/mounts').read_text(errors='surrogateescape')
    mounts = [line.split()[1] for line in table.splitlines()]
    for point in sorted((_unescape(mount) for mount in mounts), reverse=True):
        if base in Path(point).parents:
            run = subprocess.run(['umount', point], capture_output=True, text=True, check=False)
            if run.returncode:
                complaints.append(f'umount {point}: exit code {run.returncode}: {run.stderr}')
    return complaints


def _unescape(mount_point: str) -> str:
    """Return a mount point as it is named, from ``/proc/mounts``, where blanks are octal."""
    return re.sub(r'\\([0-7]{3})', lambda found: chr(int(found[1], 8)), mount_point)


def _marked(mark: str) -> list[psutil.Process]:
    """List the processes with the mark, but for zombies; those of other users can't be ours."""
    found = []
    for process in psutil.process_iter():
        try:
            ours = process.environ().get(MARK) == mark
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
            continue
    return found


def main() -> int:
    """Wait for the end of standard input, clean up, and return the exit code."""
    mark, *bases = sys.argv[1:]
    sys.stdin.read()
    time.sleep(_MARKING_SECONDS)
    complaints = [f'process {pid} of the cloud cannot be killed' for pid in sweep(mark)]
    for base in bases:
        complaints += unmount_below(Path(base))
    sys.stderr.write('\n'.join(complaints))
    return 1 if complaints else 0


if __name__ == '__main__':
    sys.exit(main())
