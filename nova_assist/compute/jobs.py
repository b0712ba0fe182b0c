# SPDX-License-Identifier: Apache-2.0
"""Block jobs: started, and awaited by their events.

Main class: :class:`Job`. Only a job that QEMU itself reports as completed without an error counts
as done: one that failed, was cancelled or vanished is a :class:`JobError`.

Jobs dismiss themselves: QEMU 7.2 crashes when it is asked for its nodes between the end of a job
and its dismissal, as the job still holds a filter that has lost its child. They don't finalize
themselves, which changes the graph: QEMU 7.2 stops the requests of all disks to switch one, and
never takes those up again of a disk whose job is finalized in the middle of that.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from typing import Any

from qemu.qmp import EventListener, Message

from nova_assist.compute import errors
from nova_assist.compute.storage_daemon import StorageDaemon

_COMPLETED, _CANCELLED, _STATUS = 'BLOCK_JOB_COMPLETED', 'BLOCK_JOB_CANCELLED', 'JOB_STATUS_CHANGE'
_PENDING = 'pending'
_numbers = itertools.count(1)


class Job:
    """A job under way, whose events are collected from the start; ended by :meth:`wait`.

    :ivar pending: whether it has done its work and is to be finalized.
    """

    def __init__(self, daemon: StorageDaemon, job_id: str) -> None:
        self._daemon = daemon
        self.id = job_id
        self.pending = False
        self._stack = contextlib.ExitStack()
        self._events: EventListener = self._stack.enter_context(
            daemon.listen(_COMPLETED, _CANCELLED, _STATUS)
        )

    async def wait(self, changing: asyncio.Lock) -> None:
        """Wait until the job has ended, however long it takes.

        :param changing: held by whoever changes the daemon's block graph, as the job's end does.
        :raises JobError: it failed, was cancelled, or vanished.
        :raises DaemonGoneError: its daemon is gone.
        """
        with self._stack:
            done = finalized = False
            while not done:
                if self.pending and not finalized:
                    finalized = True
                    async with changing:
                        await self._daemon.execute('job-finalize', id=self.id)
                done = self._done(await self._daemon.next_event(self._events))

    def forget(self) -> None:
        """Stop listening for a job that isn't there."""
        self._stack.close()

    def _done(self, event: Message) -> bool:
        data: Any = event['data']
        if event['event'] == _STATUS:
            if data['id'] != self.id:
                return False
            self.pending = self.pending or data['status'] == _PENDING
            if data['status'] == 'null':
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
        await daemon.execute(command, job_id=job.id, auto_finalize=False, **arguments)
    except errors.StorageDaemonError:
        job.forget()
        raise
    return job


async def adopt(daemon: StorageDaemon) -> list[Job]:
    """Take over the jobs that an earlier process of this service had started.

    :raises DaemonGoneError: the daemon is gone.
    """
    jobs = [Job(daemon, info['id']) for info in await daemon.execute('query-jobs')]
    alive = {info['id']: info['status'] for info in await daemon.execute('query-jobs')}
    for job in jobs:
        if job.id in alive:
            job.pending = alive[job.id] == _PENDING
        else:
            job.forget()
    return [job for job in jobs if job.id in alive]
