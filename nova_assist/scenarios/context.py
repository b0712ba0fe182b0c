# SPDX-License-Identifier: Apache-2.0
"""What the operations of one scenario share: the services, the share, the seed, the things made.

Main class: :class:`Context`.
"""

from __future__ import annotations

import dataclasses
import os
import random
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nova_assist.accounts import Account, Accounts
from nova_assist.checks.pattern import Pattern
from nova_assist.checks.reader import Reader
from nova_assist.scenarios.errors import NotPossible, StepFailed, TookTooLong
from nova_assist.scenarios.logs import Log
from nova_assist.scenarios.rest import Api, refusals
from nova_assist.scenarios.tracked import Made, TrackedVolume
from nova_assist.scenarios.waiting import Patience

if TYPE_CHECKING:
    from nova_assist.scenarios.drivers import Drivers
    from nova_assist.scenarios.partner import Partner

#: The status of what is no more.
GONE = 'gone'


@dataclasses.dataclass
class Context:
    """One scenario's surroundings.

    ``image_format`` is that of new volumes, raw or qcow2; ``types`` has the volume type by format,
    for each that volumes may get. ``seen`` is where the share is seen, ``None`` if it can't be,
    and ``others`` where further ones are; ``alone`` tells that all that comes onto them is of this
    scenario. ``ended`` tells which service has ended by itself, or "" while all run. ``pattern``
    is of what we write ourselves, ``reader`` knows whatever is written. ``accounts`` are who runs
    what, if not we ourselves. ``options`` are those that the backend was given, as far as they are
    known. ``partner`` is the second Cinder of a cluster, if there is one; ``drivers`` starts the
    only one with another driver, where that is for us to do.
    """

    scenario: str
    image_format: str
    types: Mapping[str, str]
    api: Api
    patience: Patience
    cinder_log: Log
    compute_log: Log
    ended: Callable[[], str]
    seen: Path | None
    scratch: Path
    pattern: Pattern
    reader: Reader
    rng: random.Random
    alone: bool = True
    others: tuple[Path, ...] = ()
    accounts: Accounts | None = None
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)
    partner: Partner | None = None
    drivers: Drivers | None = None
    made: Made = dataclasses.field(default_factory=Made)

    @property
    def volume_type(self) -> str:
        """The volume type of new volumes."""
        return self.types[self.image_format]

    @property
    def share(self) -> Path:
        """The folder in which the share is seen.

        :raises NotPossible: it can't be
        """
        if self.seen is None:
            raise NotPossible('the share can not be seen from here (--share)')
        return self.seen

    @property
    def shares(self) -> tuple[Path, ...]:
        """The folders in which all shares are seen.

        :raises NotPossible: they can't be
        """
        return (self.share, *self.others)

    def share_of(self, volume: TrackedVolume) -> Path:
        """Return the folder of the share that a volume is on.

        :raises NotPossible: it can't be seen
        """
        return volume.share or self.share

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

    def find(self, volume: TrackedVolume) -> None:
        """See where a volume that was made or moved is, where its files have to stay.

        :raises StepFailed: not on one of several shares
        :raises NotPossible: what is seen as the share isn't it
        """
        if self.others:
            found = [share for share in self.shares if any(share.glob(f'{volume.file}*'))]
            if len(found) != 1:
                fault = f'volume {volume.name} ({volume.id}) has files on {len(found)} shares'
                raise StepFailed(fault, 'files on one of them', ', '.join(map(str, found)))
            volume.share = found[0]
        if self.seen is None or self.alone:
            return
        if not any(name.startswith(volume.file) for name in os.listdir(self.seen)):
            raise NotPossible(
                f'{self.seen} has no file of volume {volume.id}, which should just have come '
                f'there: it is not the share of volume type {self.types[volume.image_format]}'
            )

    def failed(self, fault: str, expected: str, found: str, *ids: str) -> StepFailed:
        """Return the error for a failed step, with what the services logged about ``ids``."""
        logged = filter(None, (log.errors(*ids) for log in (self.cinder_log, self.compute_log)))
        said = '; '.join(logged) or 'neither Cinder nor compute logged an error about it'
        return StepFailed(f'{fault}; {said}', expected, found)
