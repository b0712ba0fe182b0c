# SPDX-License-Identifier: Apache-2.0
"""The same changes of files by bare calls of QEMU, with nothing around them.

Main class: :class:`Floor`. No driver can be faster as long as it has QEMU make the same change:
there are no records, no locks, nothing is made durable and nobody is asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import os
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

from nova_assist.bench import commands, written
from nova_assist.bench.errors import BenchError
from nova_assist.bench.subject import Timed
from nova_assist.cloud.reaper import MARK
from nova_assist.compute import block, jobs
from nova_assist.compute.errors import ComputeError
from nova_assist.compute.run_folder import RunFolder
from nova_assist.compute.storage_daemon import StorageDaemon

_GUEST = 'floor'

#: How long letting go of QEMU's monitor may take.
_LETTING_GO_SECONDS = 5.0

_Result = TypeVar('_Result')


@dataclasses.dataclass
class _Volume:
    """A chain of files, base first, and the snapshots that all but the first were made for.

    :ivar size: bytes
    """

    size: str
    files: list[str]
    snapshots: list[str] = dataclasses.field(default_factory=list)
    attached: bool = False


class Floor:
    """Files in a folder, and one guest's QEMU.

    :param folder: it has to be there
    :param mark: the id of the cloud with which QEMU ends
    """

    def __init__(self, folder: Path, mark: str) -> None:
        self._folder = folder
        self._mark = mark
        self._numbers = itertools.count()
        self._volumes: dict[str, _Volume] = {}
        self._loop = asyncio.new_event_loop()
        self._run_folder = RunFolder(folder)
        self._daemon: StorageDaemon | None = None

    def close(self) -> None:
        """Let go of QEMU; it ends with the cloud."""
        if self._daemon is not None:
            with contextlib.suppress(asyncio.TimeoutError):
                self._wait(asyncio.wait_for(self._daemon.release(), _LETTING_GO_SECONDS))
        self._loop.close()

    def volume(self, gib: int = 1) -> str:
        """Make an empty raw file."""
        name = self._new('base')
        with (self._folder / name).open('wb') as file:
            file.truncate(gib << 30)
        self._volumes[name] = _Volume(str(gib << 30), [name])
        return name

    def attach(self, volume: str) -> None:
        """Have QEMU open a volume."""
        if self._daemon is None:
            environment = {**os.environ, MARK: self._mark}
            self._daemon = self._wait(StorageDaemon.start(self._run_folder, _GUEST, environment))
        chain = self._volumes[volume]
        for below, name in zip([None, *chain.files], chain.files, strict=False):
            self._open(name, below)
        chain.attached = True

    def create_snapshot(self, volume: str) -> tuple[str, Timed]:
        """Make an overlay, and have QEMU switch to it."""
        chain, overlay = self._volumes[volume], self._new('overlay')
        active = chain.files[-1]
        began = time.monotonic()
        self._qemu_img('create', '-u', '-b', active, '-F', _format(active), overlay, chain.size)
        if chain.attached:
            self._open(overlay, None)
            self._execute('blockdev-snapshot', node=active, overlay=overlay)
        timed = _since(began)
        chain.files.append(overlay)
        chain.snapshots.append(overlay)
        return overlay, timed

    def write(self, volume: str, size: int) -> None:
        """Write to the active file, which nobody has open."""
        written.write(self._folder / self._volumes[volume].files[-1], size)

    def delete_snapshot(self, volume: str, snapshot: str) -> Timed:
        """Merge two files; where QEMU has the upper one open as the active file, into that."""
        chain = self._volumes[volume]
        place = chain.snapshots.index(snapshot)
        began = time.monotonic()
        if chain.attached and snapshot == chain.snapshots[-1]:
            removed = self._pull(chain)
        else:
            removed = self._commit(chain, place)
        (self._folder / removed).unlink()
        timed = _since(began)
        chain.files.remove(removed)
        chain.snapshots.remove(snapshot)
        return timed

    def remove(self, volume: str) -> None:
        """Close a volume's files and remove them."""
        chain = self._volumes.pop(volume)
        for name in reversed(chain.files):
            if chain.attached:
                self._execute('blockdev-del', node_name=name)
            (self._folder / name).unlink()

    def _pull(self, chain: _Volume) -> str:
        *lower, pulled, active = chain.files
        below = {'base_node': lower[-1], 'backing_file': lower[-1]} if lower else {}
        self._job('block-stream', device=active, **below)
        self._execute('blockdev-del', node_name=pulled)
        return pulled

    def _commit(self, chain: _Volume, place: int) -> str:
        base, top = chain.files[place], chain.files[place + 1]
        if chain.attached:
            self._job(
                'block-commit',
                device=chain.files[-1],
                top_node=top,
                base_node=base,
                backing_file=base,
            )
            self._execute('blockdev-del', node_name=top)
            return top
        self._qemu_img('commit', '-d', top)
        if top != chain.files[-1]:
            upper = chain.files[place + 2]
            self._qemu_img('rebase', '-u', '-b', base, '-F', _format(base), upper)
        return top

    def _new(self, kind: str) -> str:
        return f'{kind}-{next(self._numbers)}'

    def _open(self, name: str, backing: str | None) -> None:
        path = str(self._folder / name)
        options = {'driver': _format(name), 'node_name': name, **block.caching(path)}
        if options['driver'] == 'qcow2':
            options['backing'] = backing
        file = {'driver': 'file', 'filename': path, **block.caching(path)}
        self._execute('blockdev-add', file=file, **options)

    def _job(self, command: str, **arguments: Any) -> None:
        async def work(daemon: StorageDaemon) -> None:
            job = await jobs.start(daemon, command, **arguments)
            await job.wait(asyncio.Lock())

        self._wait(work(self._running()))

    def _execute(self, command: str, **arguments: Any) -> None:
        self._wait(self._running().execute(command, **arguments))

    def _running(self) -> StorageDaemon:
        if self._daemon is None:
            raise ValueError('nothing is attached')
        return self._daemon

    def _qemu_img(self, command: str, *words: str) -> None:
        commands.qemu('qemu-img', command, '-q', '-f', 'qcow2', *words, folder=self._folder)

    def _wait(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        try:
            return self._loop.run_until_complete(work)
        except ComputeError as error:
            raise BenchError(f'bare calls of QEMU in {self._folder}: {error}') from error


@contextlib.contextmanager
def floor(folder: Path, mark: str) -> Iterator[Floor]:
    """Make a folder for the files, which end with a cloud as QEMU does.

    :param folder: in that of the cloud
    :param mark: the cloud's id
    """
    folder.mkdir()
    made = Floor(folder, mark)
    try:
        yield made
    finally:
        made.close()


def _format(name: str) -> str:
    return 'raw' if name.startswith('base-') else 'qcow2'


def _since(began: float) -> Timed:
    seconds = time.monotonic() - began
    return Timed(seconds, seconds)
