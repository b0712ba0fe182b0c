# SPDX-License-Identifier: Apache-2.0
"""Ends, holds up and starts again what runs on a stack.

Main class: :class:`Victims`. When, and what follows, is left to :mod:`tests.stack.deaths`
and :mod:`tests.stack.hazards`.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psutil

from tests.stack import readiness
from tests.stack.commands import run
from tests.stack.errors import StoryError
from tests.stack.settings import Settings
from tests.stack.stack import Stack

CINDER, COMPUTE, LIBVIRT = 'cinder-volume', 'nova-compute', 'libvirtd'

#: The guest's second disk, as libvirt names it.
_DISK = 'vdb'
_HYPERVISOR = 'qemu-system'
_START_SECONDS = 120.0


class Victims:
    """The services of a stack and the QEMU of each server."""

    def __init__(self, stack: Stack, settings: Settings) -> None:
        self._stack = stack
        self._settings = settings

    def kill(self, name: str) -> None:
        """End a service with SIGKILL, its workers too."""
        self._signal(self._of_service(name), signal.SIGKILL)
        self._stack.supervisor.await_end(name)

    def start(self, name: str) -> None:
        """Start a service that was killed; what it is asked meanwhile waits in the queue."""
        self._stack.supervisor.start(name)
        if name == LIBVIRT:  # which nobody waits for
            ready = functools.partial(readiness.hypervisor, self._stack.namespace)
            self._stack.supervisor.until(name, 'knows QEMU', ready, _START_SECONDS)

    @contextlib.contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Have a service do nothing meanwhile; one that was killed meanwhile stays so."""
        pids = self._of_service(name)
        self._signal(pids, signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(pids, signal.SIGCONT)

    def kill_guest(self, server: Any) -> None:
        """End the QEMU of a server with SIGKILL."""
        self._signal(self._matching(_HYPERVISOR, server.id), signal.SIGKILL)

    def remove(self, server: Any) -> None:
        """End the QEMU of a server, and have libvirt forget it."""
        for command in ('destroy', 'undefine'):
            self._virsh(command, server.id)

    def job(self, server: Any) -> Mapping[str, Any] | None:
        """Return the block job on a server's disk as QEMU tells of it, if there is one."""
        jobs = self._monitor(server, 'query-block-jobs')
        return next(iter(jobs), None)

    def set_speed(self, server: Any, job: Mapping[str, Any], speed: int) -> None:
        """Limit a block job to so many bytes a second; 0 is no limit."""
        self._monitor(server, 'block-job-set-speed', device=job['device'], speed=speed)

    def cancel(self, server: Any) -> None:
        """Have libvirt cancel the block job on a server's disk, as an operator may."""
        self._virsh('blockjob', server.id, _DISK, '--abort')

    def _monitor(self, server: Any, command: str, **arguments: Any) -> Any:
        asked = json.dumps({'execute': command, 'arguments': arguments})
        said = json.loads(self._virsh('qemu-monitor-command', server.id, asked))
        if 'error' in said:
            raise StoryError(f'QEMU refuses {command}: {said["error"]["desc"]}')
        return said['return']

    def _virsh(self, *words: str) -> str:
        command = ('virsh', '-q', '-c', 'qemu:///system', *words)
        return run(self._stack.namespace.command(*command))

    def _of_service(self, name: str) -> list[int]:
        return self._matching(name if name == LIBVIRT else self._settings.places.program(name))

    def _matching(self, *words: str) -> list[int]:
        """Return the processes on whose command lines all the words are.

        :raises StoryError: there is none, so nobody would die or be held up.
        """
        found = [pid for pid in self._stack.namespace.processes() if _has(pid, words)]
        if not found:
            raise StoryError(f'no process of {" ".join(words)} runs')
        return found

    def _signal(self, pids: Sequence[int], number: int) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def _has(pid: int, words: Sequence[str]) -> bool:
    with contextlib.suppress(psutil.Error):
        line = ' '.join(psutil.Process(pid).cmdline())
        return all(word in line for word in words)
    return False
