# SPDX-License-Identifier: Apache-2.0
"""Ends a process right before its n-th effect, as ``kill -9`` would, or stops it there.

Main classes: :class:`Trap`, the harness's end, and :class:`Snare`, the process's. Both share a
small file in memory, so that a process can be watched from its first moment, and what it was about
to do is known after its death. :func:`install` has effects on a share counted; what else a process
may die of is left to :mod:`nova_assist.faults.compute_points`.
"""

from __future__ import annotations

import mmap
import os
import signal
import struct
import sys
from pathlib import Path
from typing import Any

from nova_assist.faults import effects

#: The environment variable that names the file, for a process that is to be trapped.
VARIABLE = 'NOVA_ASSIST_TRAP'

# Limit, count, whether hidden files count, fate; the share; what the process was about to do.
_NUMBERS = struct.Struct('QQQQ')
_TEXT = 1024
_SHARE = _NUMBERS.size
_DEED = _SHARE + _TEXT
_SIZE = _DEED + _TEXT

_DEATH = signal.SIGKILL

#: A limit that no operation comes to: effects are counted, and nothing dies.
COUNT_ONLY = 2**63


class Trap:
    """The harness's end: armed before an operation, read after it.

    :param path: the file; made anew, for any account to write
    :param variable: the environment variable that tells a process of it
    """

    def __init__(self, path: Path, variable: str = VARIABLE) -> None:
        path.write_bytes(bytes(_SIZE))
        path.chmod(0o666)
        self._memory = _map(path)
        self.environment = {variable: str(path)}

    def arm(
        self, share: Path, limit: int, *, hidden: bool = False, fate: signal.Signals = _DEATH
    ) -> None:
        """Have the process die before its ``limit``-th effect from now on.

        :param share: which share's effects count; a folder with shares stands for all of them
        :param hidden: count files too whose name starts with a dot
        :param fate: what it gets there; with ``SIGSTOP`` it goes on when it is continued
        """
        _put(self._memory, _SHARE, str(share))
        _put(self._memory, _DEED, '')
        _NUMBERS.pack_into(self._memory, 0, limit, 0, hidden, fate)

    def disarm(self) -> int:
        """Let the process live; returns how many effects it has had."""
        _, count, *rest = _NUMBERS.unpack_from(self._memory)
        _NUMBERS.pack_into(self._memory, 0, 0, count, *rest)
        return int(count)

    @property
    def deed(self) -> str:
        """What the process was about to do when it died of the trap, '' if it did not."""
        return _get(self._memory, _DEED)


class Snare:
    """The process's end: told of each effect before it happens."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory

    @classmethod
    def named(cls, variable: str = VARIABLE) -> Snare | None:
        """Return the one that this process's environment names, if it names one."""
        path = os.environ.get(variable)
        return None if path is None else cls(_map(Path(path)))

    @property
    def armed(self) -> bool:
        """Whether effects count now."""
        return bool(_NUMBERS.unpack_from(self._memory)[0])

    @property
    def hidden(self) -> bool:
        """Whether files count whose name starts with a dot."""
        return bool(_NUMBERS.unpack_from(self._memory)[2])

    @property
    def share(self) -> str:
        """The folder of the share whose effects count."""
        return _get(self._memory, _SHARE)

    def reach(self, deed: str) -> bool:
        """Count an effect; returns whether it is the one to die before, and puts that on record.

        :param deed: what is about to be done
        """
        limit, count, *rest = _NUMBERS.unpack_from(self._memory)
        if not limit:
            return False
        _NUMBERS.pack_into(self._memory, 0, limit, count + 1, *rest)
        if count + 1 != limit:
            return False
        _put(self._memory, _DEED, deed)
        return True

    def pass_by(self, deed: str) -> None:
        """Count an effect, and die if it is the one to die before."""
        if self.reach(deed):
            self.meet_fate()

    def meet_fate(self) -> None:
        """Die, or stop until somebody continues this process."""
        # To this thread: of a process another one may get it, and this one goes on.
        signal.raise_signal(_NUMBERS.unpack_from(self._memory)[3])


def install() -> None:
    """Put this process into the trap that its environment names, if any, with its audit events."""
    snare = Snare.named()
    if snare is None:
        return

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if effects.concerns_files(event) and snare.armed:
            deed = effects.describe(event, arguments, snare.share, hidden=snare.hidden)
            if deed is not None:
                snare.pass_by(deed)
                file = effects.emptied(event, arguments, snare.share)
                if file and os.path.exists(file) and snare.reach(f'write after it: {deed}'):
                    os.truncate(file, 0)
                    snare.meet_fate()

    sys.addaudithook(watch)


def _map(path: Path) -> mmap.mmap:
    with path.open('r+b') as file:
        return mmap.mmap(file.fileno(), _SIZE)


def _get(memory: mmap.mmap, place: int) -> str:
    return memory[place : place + _TEXT].rstrip(b'\0').decode(errors='replace')


def _put(memory: mmap.mmap, place: int, text: str) -> None:
    memory[place : place + _TEXT] = text.encode()[: _TEXT - 1].ljust(_TEXT, b'\0')
