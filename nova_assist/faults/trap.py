# SPDX-License-Identifier: Apache-2.0
"""Ends a process right before its n-th effect on a share, as the loss of power would.

Main classes: :class:`Trap`, the harness's end, and :func:`install`, the process's. Both share a
small file in memory, so that a process can be watched from its first moment, and what it was about
to do is known after its death.
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

# Limit, count, whether hidden files count; the share; what the process was about to do.
_NUMBERS = struct.Struct('QQQ')
_TEXT = 1024
_SHARE = _NUMBERS.size
_DEED = _SHARE + _TEXT
_SIZE = _DEED + _TEXT

#: A limit that no operation comes to: effects are counted, and nothing dies.
COUNT_ONLY = 2**63


class Trap:
    """The harness's end: armed before an operation, read after it.

    :param path: the file; made anew, for any account to write
    """

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(_SIZE))
        path.chmod(0o666)
        self._memory = _map(path)
        self.environment = {VARIABLE: str(path)}

    def arm(self, share: Path, limit: int, *, hidden: bool = False) -> None:
        """Have the process die before its ``limit``-th effect on a share from now on.

        :param hidden: count files too whose name starts with a dot
        """
        self._write(_SHARE, str(share))
        self._write(_DEED, '')
        _NUMBERS.pack_into(self._memory, 0, limit, 0, hidden)

    def disarm(self) -> int:
        """Let the process live; returns how many effects it has had."""
        _, count, hidden = _NUMBERS.unpack_from(self._memory)
        _NUMBERS.pack_into(self._memory, 0, 0, count, hidden)
        return int(count)

    @property
    def deed(self) -> str:
        """What the process was about to do when it died of the trap, '' if it did not."""
        return _read(self._memory, _DEED)

    def _write(self, place: int, text: str) -> None:
        self._memory[place : place + _TEXT] = _padded(text)


def install() -> None:
    """Put this process into the trap that its environment names, if it names one."""
    path = os.environ.get(VARIABLE)
    if path is None:
        return
    memory = _map(Path(path))

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if not effects.concerns_files(event):
            return
        limit, count, hidden = _NUMBERS.unpack_from(memory)
        if not limit:
            return
        share = _read(memory, _SHARE)
        deed = effects.describe(event, arguments, share, hidden=bool(hidden))
        if deed is None:
            return
        _NUMBERS.pack_into(memory, 0, limit, count + 1, hidden)
        if count + 1 == limit:
            memory[_DEED : _DEED + _TEXT] = _padded(deed)
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def _map(path: Path) -> mmap.mmap:
    with path.open('r+b') as file:
        return mmap.mmap(file.fileno(), _SIZE)


def _read(memory: mmap.mmap, place: int) -> str:
    return memory[place : place + _TEXT].rstrip(b'\0').decode(errors='replace')


def _padded(text: str) -> bytes:
    return text.encode()[: _TEXT - 1].ljust(_TEXT, b'\0')
