# SPDX-License-Identifier: Apache-2.0
"""Assisted volume snapshots as a Nova carries them out with which something is wrong.

Main class: :class:`MisbehavingSnapshots`, which plays the course of a fault where a volume has
one. What the faults are is left to :mod:`nova_assist.compute.faults`.
"""

from __future__ import annotations

import dataclasses
import errno
import uuid
from collections.abc import Awaitable, Callable

from nova_assist.compute import errors
from nova_assist.compute.assisted import AssistedSnapshots, CreateRequest, DeleteRequest
from nova_assist.compute.attachments import Attachments
from nova_assist.compute.cinder import Cinder
from nova_assist.compute.faults import COURSES, Act, Faults, Plan
from nova_assist.compute.guest import Guest
from nova_assist.compute.model import Server
from nova_assist.compute.store import ServerStore

#: Whose token the embedded Cinder refuses as Keystone's middleware refuses an expired one.
EXPIRED_TOKEN = 'expired:token'  # noqa: S105 - no password


@dataclasses.dataclass
class _Request:
    """One request, in steps.

    ``work`` does what was asked for, with an error number for its first write if there is one;
    ``failure`` is what has become of it, if it failed.
    """

    snapshot_id: str
    token: str
    done: str
    failed: str
    work: Callable[[int], Awaitable[None]]
    refresh: Callable[[], Awaitable[None]]
    failure: errors.ComputeError | None = None


class MisbehavingSnapshots(AssistedSnapshots):
    """Carries out requests, those for volumes with a fault as the fault has it."""

    def __init__(
        self, store: ServerStore, cinder: Cinder, attachments: Attachments, faults: Faults
    ) -> None:
        super().__init__(store, cinder, attachments)
        self._faults = faults
        self._playing: list[str] = []

    async def create(
        self, server: Server, guest: Guest, request: CreateRequest, token: str
    ) -> None:
        """Switch a disk to its overlay; raises as the ordinary course does."""
        plan = self._faults.course(request.volume_id)
        if plan is None:
            await super().create(server, guest, request, token)
            return

        async def work(error: int) -> None:
            # A switch has no block job whose writes could fail.
            self._require_guest(server)
            await self._switch(server, guest, request)

        async def refresh() -> None:
            await self._refresh_created(server, request, token)

        await self._play(
            plan, _Request(request.snapshot_id, token, 'creating', 'error', work, refresh)
        )

    async def delete(
        self, server: Server, guest: Guest, request: DeleteRequest, token: str
    ) -> None:
        """Merge a file away; raises as the ordinary course does."""
        plan = self._faults.course(request.volume_id)
        if plan is None:
            await super().delete(server, guest, request, token)
            return

        async def work(error: int) -> None:
            self._require_guest(server)
            if not error:
                await self._merge(server, guest, request)
                return
            target = request.merge_target_file
            async with guest.failing_write(request.volume_id, target, error):
                await self._merge(server, guest, request)

        async def refresh() -> None:
            await self._attachments.refresh(server, request.volume_id, token)

        await self._play(
            plan,
            _Request(request.snapshot_id, token, 'deleting', 'error_deleting', work, refresh),
        )

    async def _play(self, plan: Plan, request: _Request) -> None:
        with plan.playing():
            self._playing.append(request.snapshot_id)
            try:
                for act in COURSES[plan.fault]:
                    await self._act(act, plan, request)
            finally:
                self._playing.remove(request.snapshot_id)
        if request.failure is not None:
            raise request.failure

    async def _act(self, act: Act, plan: Plan, request: _Request) -> None:
        if act is Act.HOLD:
            await plan.hold()
        elif act in _WRITE_ERRORS:
            await self._work(request, _WRITE_ERRORS[act])
        elif act is Act.REFRESH:
            if request.failure is None:
                await request.refresh()
        else:
            await self._call_back(act, request)

    async def _work(self, request: _Request, error: int) -> None:
        try:
            await request.work(error)
        except errors.GuestNotFound:
            raise
        except errors.ComputeError as failure:
            request.failure = failure

    async def _call_back(self, act: Act, request: _Request) -> None:
        truth = request.done if request.failure is None else request.failed
        status = {Act.CLAIM: request.done, Act.COMPLAIN: request.failed}.get(act, truth)
        if act is Act.CLAIM_OF_OTHER:
            others = [each for each in self._playing if each != request.snapshot_id]
            other = others[0] if others else str(uuid.uuid4())
            await self._report(request.token, other, request.done)
        elif act is Act.REPORT_EXPIRED:
            await self._report(EXPIRED_TOKEN, request.snapshot_id, status)
        else:
            await self._report(request.token, request.snapshot_id, status)


#: What the first write of a block job comes to; 0 for no error.
_WRITE_ERRORS = {
    Act.WORK: 0,
    Act.WORK_WITHOUT_ROOM: errno.ENOSPC,
    Act.WORK_WITH_BAD_DISK: errno.EIO,
}
