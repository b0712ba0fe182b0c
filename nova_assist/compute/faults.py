# SPDX-License-Identifier: Apache-2.0
"""How Nova can go wrong over volumes: faults by name, and what each makes of a request.

Main classes: :class:`Fault`, and :class:`Faults`, which knows the volumes whose next requests meet
one. Pure: refusing is left to :mod:`nova_assist.compute.api.assisted`, the rest to
:mod:`nova_assist.compute.misbehaving` and :mod:`nova_assist.compute.extending`.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import enum
from collections.abc import Iterator, Mapping


class Fault(str, enum.Enum):
    """What goes wrong with a request.

    :data:`ANSWERS`, :data:`COURSES` for snapshots and :data:`EXTENSIONS` say what that is.
    """

    ANSWERS_400 = 'answers-400'
    ANSWERS_403 = 'answers-403'
    ANSWERS_404 = 'answers-404'
    ANSWERS_409 = 'answers-409'
    ANSWERS_500 = 'answers-500'
    ANSWERS_503 = 'answers-503'
    MIGRATING = 'migrating'
    SILENT = 'silent'
    DONE_BUT_SILENT = 'done-but-silent'
    ERROR = 'error'
    DONE_BUT_ERROR = 'done-but-error'
    TWICE = 'twice'
    OTHER_SNAPSHOT = 'other-snapshot'
    TOKEN_EXPIRED = 'token-expired'  # noqa: S105 - no password
    LATE_WORK = 'late-work'
    LATE_RESIZE = 'late-resize'
    LATE_REPORT = 'late-report'
    EARLY_CLAIM = 'early-claim'
    FALSE_CLAIM = 'false-claim'
    ENOSPC = 'enospc'
    EIO = 'eio'


class Act(enum.Enum):
    """One thing done for a request that was accepted."""

    #: What was asked for.
    WORK = enum.auto()
    #: The same, with the first write of its block job failing.
    WORK_WITHOUT_ROOM = enum.auto()
    WORK_WITH_BAD_DISK = enum.auto()
    #: Nothing until the fault is lifted.
    HOLD = enum.auto()
    #: Call-backs: how the work went, that it is done, that it failed.
    REPORT = enum.auto()
    CLAIM = enum.auto()
    COMPLAIN = enum.auto()
    #: That it is done, of a snapshot that this request isn't about.
    CLAIM_OF_OTHER = enum.auto()
    #: How it went, with a token that Cinder refuses.
    REPORT_EXPIRED = enum.auto()
    #: What follows a call-back: the attachment's connection is asked of Cinder anew.
    REFRESH = enum.auto()


#: Refusals: nothing is begun. ``MIGRATING`` is what Nova says while another task has the server.
ANSWERS: Mapping[Fault, int] = {
    Fault.ANSWERS_400: 400,
    Fault.ANSWERS_403: 403,
    Fault.ANSWERS_404: 404,
    Fault.ANSWERS_409: 409,
    Fault.ANSWERS_500: 500,
    Fault.ANSWERS_503: 503,
    Fault.MIGRATING: 400,
}

#: What is done for requests that are accepted; without a fault that is WORK, REPORT, REFRESH.
COURSES: Mapping[Fault, tuple[Act, ...]] = {
    Fault.SILENT: (),
    Fault.DONE_BUT_SILENT: (Act.WORK,),
    Fault.ERROR: (Act.COMPLAIN,),
    Fault.DONE_BUT_ERROR: (Act.WORK, Act.COMPLAIN),
    Fault.TWICE: (Act.WORK, Act.REPORT, Act.REPORT, Act.REFRESH),
    Fault.OTHER_SNAPSHOT: (Act.WORK, Act.CLAIM_OF_OTHER),
    Fault.TOKEN_EXPIRED: (Act.WORK, Act.REPORT_EXPIRED),
    Fault.LATE_WORK: (Act.HOLD, Act.WORK, Act.REPORT, Act.REFRESH),
    Fault.LATE_REPORT: (Act.WORK, Act.HOLD, Act.REPORT, Act.REFRESH),
    Fault.EARLY_CLAIM: (Act.CLAIM, Act.HOLD, Act.WORK),
    Fault.FALSE_CLAIM: (Act.CLAIM,),
    Fault.ENOSPC: (Act.WORK_WITHOUT_ROOM, Act.CLAIM),
    Fault.EIO: (Act.WORK_WITH_BAD_DISK, Act.CLAIM),
}


class Step(enum.Enum):
    """One thing done for the event that a volume was extended."""

    #: Cinder is asked how large the volume is.
    LOOK = enum.auto()
    #: QEMU grows the disk to what Cinder has answered.
    GROW = enum.auto()
    #: Nothing until the fault is lifted.
    HOLD = enum.auto()
    FAIL = enum.auto()


#: What follows that event without a fault.
EXTENSION = (Step.LOOK, Step.GROW)

#: What follows it with one; refusals are those of other requests.
EXTENSIONS: Mapping[Fault, tuple[Step, ...]] = {
    Fault.SILENT: (Step.HOLD,),
    Fault.FALSE_CLAIM: (),
    Fault.ERROR: (Step.FAIL,),
    Fault.DONE_BUT_ERROR: (Step.LOOK, Step.GROW, Step.FAIL),
    Fault.LATE_WORK: (Step.HOLD, Step.LOOK, Step.GROW),
    Fault.LATE_RESIZE: (Step.LOOK, Step.HOLD, Step.GROW),
}


@dataclasses.dataclass
class Plan:
    """A fault that the next requests for a volume meet.

    :ivar times: how many more requests meet it
    :ivar met: how many have met it
    :ivar held: how many of those wait for it to be lifted
    :ivar under_way: how many of those have not ended
    :ivar lifted: set once nothing is held any more
    """

    fault: Fault
    times: int
    met: int = 0
    held: int = 0
    under_way: int = 0
    lifted: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)

    async def hold(self) -> None:
        """Wait for the fault to be lifted."""
        self.held += 1
        try:
            await self.lifted.wait()
        finally:
            self.held -= 1

    @contextlib.contextmanager
    def playing(self) -> Iterator[None]:
        """Count a request as under way for the length of the block."""
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1


class Faults:
    """The plans by volume; with none, every request takes its ordinary course."""

    def __init__(self) -> None:
        self._plans: dict[str, Plan] = {}

    def plan(self, volume_id: str) -> Plan | None:
        """Return the last plan of a volume, even one that is lifted or used up."""
        return self._plans.get(volume_id)

    def set(self, volume_id: str, fault: Fault, times: int) -> Plan:
        """Have the next requests for a volume meet a fault; an older one is lifted."""
        self.lift(volume_id)
        plan = self._plans[volume_id] = Plan(fault, times)
        return plan

    def lift(self, volume_id: str) -> None:
        """Let further requests take their course, and those that are held go on."""
        plan = self._plans.get(volume_id)
        if plan is not None:
            plan.times = 0
            plan.lifted.set()

    def refusal(self, volume_id: str) -> Fault | None:
        """Return the refusal that a request meets, if it does."""
        plan = self._meet(volume_id, ANSWERS)
        return None if plan is None else plan.fault

    def course(self, volume_id: str) -> Plan | None:
        """Return the plan that an accepted request meets, if it does."""
        return self._meet(volume_id, COURSES)

    def extension(self, volume_id: str) -> Plan | None:
        """Return the plan that an accepted event of an extension meets, if it does."""
        return self._meet(volume_id, EXTENSIONS)

    def _meet(self, volume_id: str, among: Mapping[Fault, object]) -> Plan | None:
        plan = self._plans.get(volume_id)
        if plan is None or plan.times == 0 or plan.fault not in among:
            return None
        plan.times -= 1
        plan.met += 1
        return plan
