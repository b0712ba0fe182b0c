# SPDX-License-Identifier: Apache-2.0
"""Block jobs: started, and awaited by their events.

Main class: :class:`Job`. Only a job that QEMU itself reports as completed without an error counts
as done: one that failed, was cancelled or vanished is a :class:`JobError`.

Jobs dismiss themselves: QEMU 7.2 crashes when it is asked for its nodes between the end of a job
and its dismissal, as the job still holds a filter that has lost its child.
"""

from __future__ import annotations

import contextlib
import itertools
from typing import Any

from qemu.qmp import EventListener, Message

from nova_assist.compute import errors
from nova_assist.compute.storage_daemon import StorageDaemon

_COMPLETED, _CANCELLED, _STATUS = 'BLOCK_JOB_COMPLETED', 'BLOCK_JOB_CANCELLED', 'JOB_STATUS_CHANGE'
_numbers = itertools.count(1)


class Job:
    """A job under way, whose events are collected from the start; ended by :meth:`wait`."""

    def __init__(self, daemon: StorageDaemon, job_id: str) -> None:
        self._daemon = daemon
        self.id = job_id
        self._stack = contextlib.ExitStack()
        self._events: EventListener = self._stack.enter_context(
            daemon.listen(_COMPLETED, _CANCELLED, _STATUS)
        )

    async def wait(self) -> None:
        """Wait until the job has ended, however long it takes.

        :raises JobError: it failed, was cancelled, or vanished.
        :raises DaemonGoneError: its daemon is gone.
        """
        with self._stack:
            while not self._done(await self._daemon.next_event(self._events)):
                pass

    def forget(self) -> None:
        """Stop listening for a job that isn't there."""
        self._stack.close()

    def _done(self, event: Message) -> bool:
        data: Any = event['data']
        if event['event'] == _STATUS:
            if data['id'] == self.id and data['status'] == 'null':
                raise errors.JobError(f'block job {self.id} vanished without a result')
            return False
        if data['device'] != self.id:
            return False
        if event['event'] == _CANCELLED or 'error' in data:
            raise errors.JobError(
                f'block job {self.id} ended at byte {data["offset"]} of {data["len"]}: '
                f'{data.get("error", "it was cancelled")}'
            )
        return True


async def start(daemon: StorageDaemon, command: str, **arguments: Any) -> Job:
    """Start a job by a command that takes ``job-id``.

    :raises QmpCommandError: QEMU refused it.
    :raises DaemonGoneError: its daemon is gone.
    """
    job = Job(daemon, f'{command}-{next(_numbers)}')
    try:
        await daemon.execute(command, job_id=job.id, **arguments)
    except errors.StorageDaemonError:
        job.forget()
        raise
    return job


async def adopt(daemon: StorageDaemon) -> list[Job]:
    """Take over the jobs that an earlier process of this service had started.

    :raises DaemonGoneError: the daemon is gone.
    """
    jobs = [Job(daemon, info['id']) for info in await daemon.execute('query-jobs')]
    alive = {info['id'] for info in await daemon.execute('query-jobs')}
    for job in jobs:
        if job.id not in alive:
            job.forget()
    return [job for job in jobs if job.id in alive]
