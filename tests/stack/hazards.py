# SPDX-License-Identifier: Apache-2.0
"""Leads a driver into what a real Nova can do to it, with services held up at the right moment.

Main function: :func:`play`. What comes of somebody's death is left to :mod:`tests.stack.deaths`,
what the embedded compute can be made to do to ``tests/functional/test_hazards_nova.py``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from console_guest.protocol import Found
from tests.stack import inspection
from tests.stack.deeds import Deeds, expect
from tests.stack.errors import StoryError
from tests.stack.settings import Settings
from tests.stack.stack import Stack
from tests.stack.victims import CINDER, COMPUTE, Victims
from tests.statuses import status

_GIB = 1
#: Seconds in which an operation ends that nothing holds up; a driver may give others up first.
_PATIENCE = 120.0
#: What Nova reports when it has done its work.
_DONE = '90%'


class Hazard:
    """A guest that writes to a volume, and one thing that goes wrong for it.

    :ivar moment: what was the matter when the driver had to decide.
    :ivar seen: the snapshot's status after each attempt at the operation.
    """

    def __init__(self, stack: Stack, settings: Settings, name: str) -> None:
        self._stack = stack
        self._settings = settings
        self._play = _PLAYS[name]
        self._deeds = Deeds(stack, settings)
        self._victims = Victims(stack, settings)
        self._server: Any = None
        self.moment = ''
        self.seen: list[str] = []

    def play(self) -> None:
        """Go through all of it.

        :raises StoryError: the driver falls for it.
        """
        deeds = self._deeds
        self._volume = deeds.make(_GIB, name='hazard')
        self._server = deeds.boot('hazard')
        deeds.attach(self._server, self._volume)
        self._play(self)
        self._clear()

    def give_up(self) -> None:
        """After a fault, let others have the stack: a service that hangs is started anew."""
        self._victims.kill(CINDER)
        self._victims.start(CINDER)
        self._clear()

    def _clear(self) -> None:
        servers = self._deeds.nova.servers
        if self._server is not None and status(servers, self._server) is not None:
            self._deeds.delete(servers, self._server)

    def stale_progress(self) -> None:
        """Nova has failed to delete a snapshot; the next attempt finds the progress of that."""
        deeds, victims = self._deeds, self._victims
        older, _ = deeds.take(self._volume), deeds.take(self._volume)
        said, written = deeds.said(self._server), deeds.told(self._server, self._volume)
        victims.kill_guest(self._server)
        self._delete(older)
        deeds.await_status(deeds.nova.servers, self._server, 'SHUTOFF')
        self._server.start()
        deeds.await_status(deeds.nova.servers, self._server, 'ACTIVE')
        expect(deeds.hear(self._server, said, Found, self._volume), written)
        deeds.cinder.volume_snapshots.reset_state(older.id, 'available')
        with victims.held(COMPUTE):
            self.moment = 'Nova, which has failed once, has not begun'
            self._delete(older)
            self._audit()
        self._see_deleted(older)

    def forged_creation(self) -> None:
        """Somebody reports that a guest has switched to its overlay; it has not."""
        with self._asked_to_create() as snapshot:
            self._forge(snapshot, status='creating', progress=_DONE)
            if self._note(self._deeds.end(snapshot)) == 'available':
                raise StoryError('the guest still writes to what the snapshot is said to hold')

    def forged_deletion(self) -> None:
        """Somebody reports that QEMU has merged a snapshot; it has not begun."""
        deeds = self._deeds
        older, _ = deeds.take(self._volume), deeds.take(self._volume)
        with self._victims.held(COMPUTE):
            with deeds.reaching_nova('DELETE'):
                older.delete()
            self.moment = 'Nova was asked, and has not begun'
            self._forge(older, status='deleting', progress=_DONE)
            self._note(deeds.end(older))
            self._audit()
        self._see_deleted(older)

    def forged_end(self) -> None:
        """Somebody sets the status of a snapshot in the making to what it should become."""
        with self._asked_to_create() as snapshot:
            self._forge(snapshot, status='available')
        self._see_volume_usable()

    def gone_instance(self) -> None:
        """The instance is deleted, and gone from its host, before Nova has come to the request."""
        deeds, nova = self._deeds, self._deeds.nova
        (compute,) = nova.services.list(binary=COMPUTE)
        with self._asked_to_create():
            # Then Nova's API deletes it in its database, and asks no host.
            nova.services.force_down(compute.id, True)
            try:
                deeds.delete(nova.servers, self._server)
            finally:
                nova.services.force_down(compute.id, False)
            # As Nova would itself, some time after: then it has nothing to report on.
            self._victims.remove(self._server)
        deeds.await_status(deeds.cinder.volumes, self._volume, 'available')
        self._see_volume_usable()

    def refused_creation(self) -> None:
        """Nova refuses, for the instance is about to reboot; the snapshot is deleted again."""
        deeds = self._deeds
        with self._victims.held(COMPUTE):
            self._server.reboot()
            self.moment = 'the instance is about to reboot'
            snapshot = deeds.request(self._volume)
            if self._note(deeds.end(snapshot)) == 'error':
                self._delete(snapshot)
        left = [path.name for path in deeds.files(self._volume) if snapshot.id in path.name]
        if left:
            raise StoryError(f'files are left: {", ".join(left)}')

    def stopped_instance(self) -> None:
        """An older snapshot is deleted while the instance is shut off, so that Nova refuses."""
        deeds = self._deeds
        older, _ = deeds.take(self._volume), deeds.take(self._volume)
        self._server.stop()
        deeds.await_status(deeds.nova.servers, self._server, 'SHUTOFF')
        self.moment = 'the instance is shut off'
        self._delete_for_good(older)

    @contextlib.contextmanager
    def _asked_to_create(self) -> Iterator[Any]:
        """Have Nova asked for a snapshot that it does not come to meanwhile."""
        with self._victims.held(COMPUTE):
            with self._deeds.reaching_nova('POST'):
                snapshot = self._deeds.request(self._volume)
            self.moment = 'Nova was asked, and has not begun'
            yield snapshot

    def _delete(self, snapshot: Any) -> None:
        snapshot.delete()
        self._note(self._deeds.end(snapshot))

    def _see_deleted(self, snapshot: Any) -> None:
        """See that a snapshot can be deleted, once Nova has done what it was held up in."""
        deeds = self._deeds
        deeds.written(self._server, self._volume)
        deeds.until('a quiet disk', lambda: self._victims.job(self._server), lambda job: not job)
        deeds.cinder.volume_snapshots.reset_state(snapshot.id, 'error')
        self._delete_for_good(snapshot)
        deeds.written(self._server, self._volume)

    def _delete_for_good(self, snapshot: Any) -> None:
        self._delete(snapshot)
        if self.seen[-1] != 'gone':
            raise StoryError('the snapshot can not be deleted')
        self._audit()

    def _note(self, found: str | None) -> str | None:
        self.seen.append(found or 'gone')
        return found

    def _forge(self, snapshot: Any, **said: str) -> None:
        """Say what Nova says at its end: Cinder's policy lets any member of the project do it."""
        self._deeds.cinder.volume_snapshots.update_snapshot_status(snapshot, said)

    def _audit(self) -> None:
        inspection.audit(self._stack, self._settings, f'volume-{self._volume.id}')

    def _see_volume_usable(self) -> None:
        """See that the volume is not locked: another snapshot of it comes to an end."""
        another = self._deeds.request(self._volume)
        self._note(self._deeds.end(another, _PATIENCE))


_PLAYS: Mapping[str, Callable[[Hazard], None]] = MappingProxyType(
    {
        'stale-progress': Hazard.stale_progress,
        'forged-creation': Hazard.forged_creation,
        'forged-deletion': Hazard.forged_deletion,
        'forged-end': Hazard.forged_end,
        'gone-instance': Hazard.gone_instance,
        'refused-creation': Hazard.refused_creation,
        'stopped-instance': Hazard.stopped_instance,
    }
)
NAMES = tuple(_PLAYS)
