# SPDX-License-Identifier: Apache-2.0
"""Times a driver's calls, in the Cinder process that makes them.

Main function: :func:`install`. Noted are the beginning and the end of each call, what it does to
the share meanwhile, which processes it starts, how many bytes they and Cinder write, and how long
Cinder itself waits for data to be durable; and each question to the database about snapshots. For
its capacities, which no request leads to, a driver is asked at a socket:
:func:`capacity_seconds`.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import event

from nova_assist.bench.errors import BenchError
from nova_assist.bench.moments import Notes
from nova_assist.faults import effects

#: The calls that are timed.
CALLS = (
    'create_volume',
    'delete_volume',
    'extend_volume',
    'create_cloned_volume',
    'create_volume_from_snapshot',
    'create_snapshot',
    'delete_snapshot',
    'revert_to_snapshot',
)

#: What a process does on a share is noted as this, with the deed among the details.
DEED = 'deed'

#: A question to the database about snapshots is noted as this.
QUESTION = 'question about snapshots'
_SNAPSHOTS = re.compile(r'^SELECT\b.*\bFROM snapshots\b', re.DOTALL)

#: How long the answer may take, in seconds.
_PATIENCE_SECONDS = 600.0

_STARTS = ('subprocess.Popen', 'os.posix_spawn', 'os.fork', 'os.forkpty')


class _Processes:
    """Counts the processes that this one starts, and notes what it does to the share."""

    def __init__(self, notes: Notes, share: str) -> None:
        self.started = 0
        self._notes = notes
        self._share = share

    def watch(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Look at one audit event."""
        if event in _STARTS:
            self.started += 1
        if effects.concerns_files(event):
            deed = effects.describe(event, arguments, self._share, hidden=True)
            if deed is not None:
                self._notes.note(DEED, deed=deed)


class _Syncs:
    """Times what has data made durable, fsync(2), from now on."""

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0
        self._real = os.fsync
        os.fsync = self._sync  # type: ignore[assignment]

    def _sync(self, handle: Any) -> None:
        began = time.monotonic()
        try:
            self._real(handle)
        finally:
            self.count += 1
            self.seconds += time.monotonic() - began


def install(drivers: Mapping[str, Any], shares: Path) -> None:
    """Time the calls of drivers from now on, if this process's environment asks for it.

    :param drivers: by their backends
    :param shares: the folder in which their shares are
    """
    notes = Notes.named()
    if notes is None:
        return
    with _socket_beside(notes.path) as (listening, address):
        listening.bind(address)
        listening.listen()
        answering = listening.dup()
    threading.Thread(target=_answer, args=(answering, drivers), daemon=True).start()
    processes = _Processes(notes, str(shares))
    sys.addaudithook(processes.watch)
    event.listen(sqlalchemy.Engine, 'before_cursor_execute', functools.partial(_question, notes))
    syncs = _Syncs()
    for driver in drivers.values():
        for name in CALLS:
            call = getattr(driver, name, None)
            if call is not None:
                setattr(driver, name, _timed(name, call, notes, processes, syncs))


def _question(notes: Notes, connection: object, cursor: object, words: str, *rest: object) -> None:
    if _SNAPSHOTS.match(words):
        notes.note(QUESTION)


def capacity_seconds(noted: Path, backend: str) -> float:
    """Have a backend's driver tell its capacities; returns how long that took, in seconds.

    :param noted: the file in which the process notes moments
    :raises BenchError: the driver fails, or nobody answers
    """
    try:
        with _socket_beside(noted) as (asking, address):
            asking.settimeout(_PATIENCE_SECONDS)
            asking.connect(address)
            asking.sendall(backend.encode())
            asking.shutdown(socket.SHUT_WR)
            with asking.makefile() as words:
                answer = json.loads(words.read())
    except (OSError, ValueError) as error:
        raise BenchError(f'Cinder gives no answer about capacities: {error}') from error
    if 'error' in answer:
        raise BenchError(answer['error'])
    return float(answer['seconds'])


def _answer(listening: socket.socket, drivers: Mapping[str, Any]) -> None:
    """Answer, one after the other, who asks for the capacities of a backend."""
    while True:
        asking, _ = listening.accept()
        with asking, contextlib.suppress(OSError), asking.makefile('rw') as words:
            words.write(json.dumps(_capacity(drivers[words.read()])))


def _capacity(driver: Any) -> dict[str, object]:
    began = time.monotonic()
    try:
        driver.get_volume_stats(refresh=True)
    except Exception as error:  # whatever it is, it is for who asked
        return {'error': f'{type(error).__name__}: {error}'}
    return {'seconds': time.monotonic() - began}


@contextlib.contextmanager
def _socket_beside(noted: Path) -> Iterator[tuple[socket.socket, str]]:
    """Yield a socket, and its address, which is short however long the path of the file is."""
    folder = os.open(noted.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            yield made, f'/proc/self/fd/{folder}/ask'
    finally:
        os.close(folder)


def _timed(
    name: str, call: Callable[..., Any], notes: Notes, processes: _Processes, syncs: _Syncs
) -> Callable[..., Any]:
    @functools.wraps(call)
    def timed(*arguments: Any, **named: Any) -> Any:
        subject = _subject(arguments)
        started, written, began = processes.started, _written(), time.monotonic()
        synced, syncing = syncs.count, syncs.seconds
        notes.note(f'{name} began', subject)
        left = False
        try:
            return call(*arguments, **named)
        except NotImplementedError:  # Cinder's word for a driver that leaves it to Cinder
            left = True
            raise
        finally:
            notes.note(
                f'{name} ended',
                subject,
                seconds=time.monotonic() - began,
                processes=processes.started - started,
                written=_written() - written,
                syncs=syncs.count - synced,
                syncing=syncs.seconds - syncing,
                left=left,
            )

    return timed


def _subject(arguments: Sequence[Any]) -> str:
    """Return the id of the volume or snapshot that a call is about."""
    return next((str(each.id) for each in arguments if getattr(each, 'id', None)), '')


def _written() -> int:
    """Return how many bytes this process has written, and those that it started and that ended.

    ``wchar`` of proc(5): what went through calls such as write(2), wherever to.
    """
    figures = dict(line.split(': ') for line in Path('/proc/self/io').read_text().splitlines())
    return int(figures['wchar'])
