# SPDX-License-Identifier: Apache-2.0
"""How a folder is mounted, as the kernel tells.

Main class: :class:`Mount`. Mounting is left to :mod:`driver.shares`.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
from collections.abc import Iterator

_LOCAL_LOCKS = frozenset({'nolock', 'local_lock=all', 'local_lock=posix'})


@dataclasses.dataclass(frozen=True)
class Mount:
    """How a folder is mounted.

    :ivar kind: the file system's name, such as ``nfs4``
    :ivar source: what is mounted, such as ``filer:/cinder``
    :ivar options: of the mount and of the file system, such as ``vers=4.2`` or ``soft``
    """

    kind: str
    source: str
    options: frozenset[str]

    @property
    def is_nfs(self) -> bool:
        """Whether an NFS server is behind it."""
        return self.kind in ('nfs', 'nfs4')

    @property
    def keeps_locks_here(self) -> bool:
        """Whether record locks stay on this host: ``nolock``, ``local_lock`` of nfs(5)."""
        return self.is_nfs and bool(self.options & _LOCAL_LOCKS)

    def __str__(self) -> str:
        shown = [word for word in sorted(self.options) if word.startswith(('vers=', 'sec='))]
        return ' '.join([self.kind, *shown])


def mount_of(folder: pathlib.Path) -> Mount:
    """Return how the file system that a folder lies on is mounted."""
    resolved = str(folder.resolve())
    found = best = ''
    for point, line in _table():
        # Of mounts over each other the last one is seen.
        if _lies_in(resolved, point) and len(point) >= len(best):
            best, found = point, line
    return _parse(found) if found else Mount('unknown', '', frozenset())


def _lies_in(path: str, point: str) -> bool:
    return path == point or path.startswith(point if point.endswith('/') else f'{point}/')


def points_of(export: str) -> list[pathlib.Path]:
    """Return where an export, ``host:/path``, is mounted on this host."""
    return [point for point, mount in _nfs() if mount.source == export]


def nfs_points() -> list[pathlib.Path]:
    """Return where NFS exports are mounted on this host."""
    return [point for point, _ in _nfs()]


def _nfs() -> Iterator[tuple[pathlib.Path, Mount]]:
    for point, line in _table():
        mount = _parse(line)
        if mount.is_nfs:
            yield pathlib.Path(point), mount


def _table() -> Iterator[tuple[str, str]]:
    """Read ``/proc/self/mountinfo`` (proc(5)); yields where something is mounted, and the line.

    A host may have thousands of mounts, and for one only the line is to be understood.
    """
    # Names may hold anything but a blank and a line feed, which are octal.
    table = os.fsdecode(pathlib.Path('/proc/self/mountinfo').read_bytes())
    for line in filter(None, table.split('\n')):
        yield _unescape(line.split(' ', 5)[4]), line


def _parse(line: str) -> Mount:
    left, _, right = line.partition(' - ')
    kind, source, options = right.split(' ', 2)
    flags = frozenset([*left.split(' ')[5].split(','), *options.split(',')])
    return Mount(kind, _unescape(source), flags)


def _unescape(word: str) -> str:
    return re.sub(r'\\([0-7]{3})', lambda code: chr(int(code[1], 8)), word)
