# SPDX-License-Identifier: Apache-2.0
"""Which of Python's audit events are about to change something on a share. Pure.

Main functions: :func:`describe` and :func:`emptied`. What to do at one of them is left to
:mod:`nova_assist.faults.trap`. The events are those of
https://docs.python.org/3/library/audit_events.html, so any driver's effects are seen, whatever
library they go through; what a process that it starts does is one effect.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def describe(event: str, arguments: Sequence[Any], share: str, *, hidden: bool) -> str | None:
    """Return what an event is about to do to a share, or ``None`` if it does nothing there.

    :param share: the folder of the share, or with the shares, absolute
    :param hidden: files whose name starts with a dot count too; they are no volume's
    """
    read = _EVENTS.get(event)
    if read is None:
        return None
    touched = [name for name in read(arguments, share) if hidden or not _is_hidden(name)]
    if not touched:
        return None
    return f'{event.removeprefix("os.")} {" ".join(touched)}'


def concerns_files(event: str) -> bool:
    """Tell whether an event can be about a share at all."""
    return event in _EVENTS


def emptied(event: str, arguments: Sequence[Any], share: str) -> str | None:
    """Return the file that opening it will empty before anything is written to it, if any.

    That is an effect of its own: in between, what the file held is gone.

    :param share: the folder of the share, absolute
    """
    if event != 'open':
        return None
    path, _, flags = arguments
    spelt = _spelt(path)
    truncates = isinstance(flags, int) and flags & os.O_TRUNC
    return spelt if truncates and spelt.startswith(f'{share}/') else None


def _is_hidden(name: str) -> bool:
    return os.path.basename(name).startswith('.')


def _opened(arguments: Sequence[Any], share: str) -> Iterator[str]:
    path, _, flags = arguments
    if isinstance(flags, int) and flags & _WRITING:
        yield from _inside([path], share)


def _started(arguments: Sequence[Any], share: str) -> Iterator[str]:
    """Yield the words of a command line that has a path of the share in it."""
    executable, words, folder = arguments[:3]
    spelt = [
        os.fsdecode(word) for word in (words if isinstance(words, (list, tuple)) else [words])
    ]
    if any(share in word for word in [*spelt, str(folder)]):
        yield os.path.basename(os.fsdecode(executable or spelt[0]))
        yield from (word.replace(f'{share}/', '') for word in spelt[1:])


def _paths(count: int) -> Callable[[Sequence[Any], str], Iterator[str]]:
    return lambda arguments, share: _inside(arguments[:count], share)


def _inside(paths: Sequence[Any], share: str) -> Iterator[str]:
    """Yield the names of those paths that lie on the share, relative to it."""
    for path in paths:
        spelt = _spelt(path)
        if spelt.startswith(f'{share}/'):
            yield spelt[len(share) + 1 :]


def _spelt(path: Any) -> str:
    """Return a path as text; a file descriptor's is where it leads."""
    with contextlib.suppress(OSError, TypeError, ValueError):
        if isinstance(path, int):
            return os.readlink(f'/proc/self/fd/{path}')
        return os.path.abspath(os.fsdecode(path))
    return ''


_EVENTS: dict[str, Callable[[Sequence[Any], str], Iterator[str]]] = {
    'open': _opened,
    'os.rename': _paths(2),
    'os.link': _paths(2),
    'os.symlink': _paths(2),
    'os.remove': _paths(1),
    'os.truncate': _paths(1),
    'os.chmod': _paths(1),
    'os.chown': _paths(1),
    'os.mkdir': _paths(1),
    'os.rmdir': _paths(1),
    'os.utime': _paths(1),
    'subprocess.Popen': _started,
}
