# SPDX-License-Identifier: Apache-2.0
"""Where the compute service, or a guest's QEMU, can be made to die.

Main function: :func:`install`. The service dies before or after each QMP command that changes
something and each call to Cinder, a QEMU in the middle of a merge, which is held up there by its
speed limit. The service itself knows nothing of this.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from nova_assist.compute import errors, jobs
from nova_assist.compute.cinder_rest import CinderRest
from nova_assist.compute.storage_daemon import StorageDaemon
from nova_assist.faults.trap import Snare

#: The environment variable that names the trap in which a guest's QEMU dies.
QEMU_VARIABLE = 'NOVA_ASSIST_QEMU_TRAP'

#: How long a merge may take until it is held up, in seconds, and how often that is looked for.
_HOLD_SECONDS = 20.0
_LOOK_SECONDS = 0.02

#: Bytes a second: the first chunk of data goes through, and the next has to wait for hours.
_HELD_UP = 1
_AT_FULL_SPEED = 0


def install() -> None:
    """Put this process, or the QEMUs that it starts, into the traps that its environment names."""
    snare = Snare.named()
    if snare is not None:
        _replace(StorageDaemon, 'execute', snare, lambda command: f'QMP {command[0]}')
        _replace(CinderRest, 'call', snare, lambda call: str(call[1]))
    guests = Snare.named(QEMU_VARIABLE)
    if guests is not None:
        vars(jobs)['start'] = _with_a_guest_that_dies(jobs.start, guests)


def _replace(
    owner: type, method: str, snare: Snare, describe: Callable[[Sequence[Any]], str]
) -> None:
    """Have a coroutine method be the end of this process, before it or after it.

    :param describe: returns what is done, from the arguments after ``self``
    """
    real: Callable[..., Awaitable[Any]] = getattr(owner, method)

    async def call(own: Any, *arguments: Any, **named: Any) -> Any:
        deed = describe(arguments)
        if 'query' in deed:  # to die around a question is to die before what follows
            return await real(own, *arguments, **named)
        snare.pass_by(f'before {deed}')
        answer = await real(own, *arguments, **named)
        snare.pass_by(f'after {deed}')
        return answer

    setattr(owner, method, call)


def _with_a_guest_that_dies(
    real: Callable[..., Awaitable[jobs.Job]], snare: Snare
) -> Callable[..., Awaitable[jobs.Job]]:
    async def start(daemon: StorageDaemon, command: str, **arguments: Any) -> jobs.Job:
        if not snare.armed:
            return await real(daemon, command, **arguments)
        job = await real(daemon, command, speed=_HELD_UP, **arguments)
        if await _is_held_up(daemon, job.id) and snare.reach(f'QEMU in the middle of {command}'):
            os.kill(daemon.pid, signal.SIGKILL)
            return job
        with contextlib.suppress(errors.QmpCommandError):  # it has ended
            await daemon.execute('block-job-set-speed', device=job.id, speed=_AT_FULL_SPEED)
        return job

    return start


async def _is_held_up(daemon: StorageDaemon, job_id: str) -> bool:
    """Wait until a job has done something and goes no further; tell whether it comes to that."""
    deadline = time.monotonic() + _HOLD_SECONDS
    last = 0
    while time.monotonic() < deadline:
        progress = [
            int(job['current-progress'])
            for job in await daemon.execute('query-jobs')
            if job['id'] == job_id
        ]
        if not progress:
            return False  # it had so little to do that it has ended
        if 0 < progress[0] == last:
            return True
        last = progress[0]
        await asyncio.sleep(_LOOK_SECONDS)
    return False
