# SPDX-License-Identifier: Apache-2.0
"""Ends every process of a cloud, whatever happened to who started it.

Main class: :class:`Reaper`, the supervisor's end of a small process of its own
(``python -m nova_assist.cloud.reaper MARK [OPTION...]``). That process waits for the end of its
standard input, which comes when the supervisor closes it, or dies in any way. Then it kills every
process that carries the cloud's mark in its environment, unmounts what is mounted below the mount
base, and removes folders. Ending services in order is left to :mod:`nova_assist.cloud.service`.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from nova_assist.cloud.errors import CleanUpError
from nova_assist.cloud.host import child_environment
from nova_assist.cloud.removal import remove

#: The environment variable that marks a cloud's processes with the cloud's id.
MARK = 'NOVA_ASSIST_CLOUD'

#: How long killing and unmounting may take.
SWEEP_SECONDS = 15

#: How long a process that is being started may be without the mark: until its exec.
_MARKING_SECONDS = 0.1

#: How long to wait for killed processes before looking again.
_DYING_SECONDS = 0.01

#: What the supervisor says in the end, if it lives to say it.
_IN_ORDER = 'in order'


@dataclasses.dataclass(frozen=True)
class Remains:
    """What a cloud leaves behind other than processes.

    :param mount_base: unmount what is mounted below this folder.
    :param passing: remove these folders.
    :param abandoned: remove these too, if the supervisor died.
    :param empty: remove these if there is nothing in them.
    """

    mount_base: Path | None = None
    passing: Sequence[Path] = ()
    abandoned: Sequence[Path] = ()
    empty: Sequence[Path] = ()

    def words(self) -> list[str]:
        """Return the words of the command line from which :meth:`parse` makes this again."""
        bases = [self.mount_base] if self.mount_base else []
        lists = [bases, self.passing, self.abandoned, self.empty]
        return [
            f'{name}={path}' for name, paths in zip(_WORDS, lists, strict=True) for path in paths
        ]

    @classmethod
    def parse(cls, words: Sequence[str]) -> Remains:
        """Return what :meth:`words` has put in words."""
        parser = argparse.ArgumentParser()
        for name in _WORDS:
            parser.add_argument(name, type=Path, action='append', default=[])
        found = parser.parse_args(words)
        bases = found.unmount_below
        return cls(
            bases[0] if bases else None,
            found.remove,
            found.remove_if_killed,
            found.remove_if_empty,
        )

    def clean_up(self, in_order: bool) -> list[str]:
        """Unmount and remove; return complaints.

        :param in_order: whether the supervisor lived to the end.
        """
        complaints = unmount_below(self.mount_base) if self.mount_base else []
        for folder in self.empty:
            with contextlib.suppress(OSError):
                folder.rmdir()
        for folder in [*self.passing, *(() if in_order else self.abandoned)]:
            complaints += remove(folder)
        return complaints


_WORDS = ('--unmount-below', '--remove', '--remove-if-killed', '--remove-if-empty')


class Reaper:
    """The process that cleans up when this one closes it or dies.

    :param mark: the id of the cloud.
    :param remains: what to clean up besides processes.
    :param claims: file descriptors to hold open until all is clean.
    """

    def __init__(
        self, mark: str, remains: Remains | None = None, claims: Sequence[int] = ()
    ) -> None:
        words = remains.words() if remains else []
        self._process = subprocess.Popen(
            [sys.executable, '-m', __name__, mark, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=child_environment(),
            start_new_session=True,
            pass_fds=claims,
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
            _, complaint = self._process.communicate(_IN_ORDER, timeout=2 * SWEEP_SECONDS)
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
    mark, *words = sys.argv[1:]
    remains = Remains.parse(words)
    in_order = sys.stdin.read() == _IN_ORDER
    time.sleep(_MARKING_SECONDS)
    complaints = [f'process {pid} of the cloud cannot be killed' for pid in sweep(mark)]
    complaints += remains.clean_up(in_order)
    sys.stderr.write('\n'.join(complaints))
    return 1 if complaints else 0


if __name__ == '__main__':
    sys.exit(main())
