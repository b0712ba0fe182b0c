# SPDX-License-Identifier: Apache-2.0
"""What the operations of one scenario share: the services, the share, the seed, the things made.

Main class: :class:`Context`.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Collection
from pathlib import Path

from nova_assist.accounts import Account, Accounts
from nova_assist.checks.pattern import Pattern
from nova_assist.scenarios.errors import StepFailed, TookTooLong
from nova_assist.scenarios.logs import ServiceLog
from nova_assist.scenarios.rest import Api, refusals
from nova_assist.scenarios.tracked import Made, TrackedVolume
from nova_assist.scenarios.waiting import Patience

#: The status of what is no more.
GONE = 'gone'


@dataclasses.dataclass
class Context:
    """One scenario's surroundings.

    ``image_format`` is raw or qcow2, and names the volume type; ``share`` is the local folder of
    the share that Cinder calls ``export``. ``ended`` tells which service has ended by itself, or
    "" while both run. ``accounts`` are who runs what, if not we ourselves.
    """

    scenario: str
    image_format: str
    api: Api
    patience: Patience
    cinder_log: ServiceLog
    compute_log: ServiceLog
    ended: Callable[[], str]
    share: Path
    export: str
    scratch: Path
    pattern: Pattern
    rng: random.Random
    accounts: Accounts | None = None
    made: Made = dataclasses.field(default_factory=Made)

    @property
    def judge(self) -> Account | None:
        """Who looks at the share: Cinder's account, where it has one."""
        return self.accounts.cinder if self.accounts else None

    @property
    def host(self) -> Account | None:
        """Who opens volumes as a host does: the hypervisor's account, where it has one."""
        return self.accounts.hypervisor if self.accounts else None

    def await_status(
        self,
        subject: str,
        ids: Collection[str],
        read: Callable[[], str | None],
        wanted: str,
        pending: Collection[str],
    ) -> None:
        """Wait until ``subject`` has left the ``pending`` statuses; it has to be ``wanted`` then.

        :param ids: whose errors to quote from the services' logs if it isn't
        :param read: tells the status, ``None`` if the subject is gone
        :raises StepFailed: if it ends in another status, or in none within the deadline, or if
            nobody answers
        """
        status = GONE

        def ended() -> bool | None:
            nonlocal status
            with refusals(f'asking for the status of {subject}'):
                status = read() or GONE
            return None if status in pending else True

        try:
            self.patience.wait(f'{subject} becoming {wanted}', ended)
        except TookTooLong as error:
            raise self.failed(f'{error}; it still is {status}', wanted, status, *ids) from error
        if status != wanted:
            raise self.failed(f'{subject} ended {status}, expected {wanted}', wanted, status, *ids)

    def await_volume(self, volume: TrackedVolume, wanted: str, *pending: str) -> None:
        """Wait until a volume has left the ``pending`` statuses; it has to be ``wanted`` then.

        :raises StepFailed: if it isn't, or stays as it is until the deadline
        """
        self.await_status(
            f'volume {volume.name} ({volume.id})',
            [volume.id],
            lambda: self.api.volume_status(volume.id),
            wanted,
            pending,
        )

    def failed(self, fault: str, expected: str, found: str, *ids: str) -> StepFailed:
        """Return the error for a failed step, with what the services logged about ``ids``."""
        logged = filter(None, (log.errors(*ids) for log in (self.cinder_log, self.compute_log)))
        said = '; '.join(logged) or 'neither Cinder nor compute logged an error about it'
        return StepFailed(f'{fault}; {said}', expected, found)
