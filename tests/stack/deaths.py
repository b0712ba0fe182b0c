# SPDX-License-Identifier: Apache-2.0
"""One death in the middle of an online operation on a stack, and whether anything was lost by it.

Main class: :class:`Death`. Which there are is left to :mod:`tests.stack.faults`, how somebody dies
to :mod:`tests.stack.victims`.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any

from cinderclient import exceptions as cinder_exceptions
from novaclient import exceptions as nova_exceptions

from console_guest.protocol import Found
from tests.stack import inspection
from tests.stack.deeds import LOOK_SECONDS, SETTLE_SECONDS, Deeds, expect
from tests.stack.errors import CommandError, ServiceError, StoryError
from tests.stack.settings import Settings
from tests.stack.stack import Stack
from tests.stack.victims import CINDER, COMPUTE, LIBVIRT, Victims

CREATE, OLDER, NEWEST = 'create', 'delete-older', 'delete-newest'
GUEST, JOB = 'qemu', 'block-job'
#: The death of Cinder, with Nova held up until Cinder has started again.
CINDER_FIRST = 'cinder-volume-first'

#: How it shows that something is lost, left or stuck.
FAULTS = (
    StoryError,
    CommandError,
    ServiceError,
    cinder_exceptions.ClientException,
    nova_exceptions.ClientException,
)

_GIB = 2
_SPEED = 1 << 20
#: What Nova reports when it has done its work.
_DONE = '90%'


class Death:
    """One death, and what follows.

    :ivar moment: when it was, once it has been.
    :ivar seen: the snapshot's status after each attempt at the operation.
    """

    def __init__(self, stack: Stack, settings: Settings, operation: str, victim: str) -> None:
        self._stack = stack
        self._settings = settings
        self._operation = operation
        self._victim = victim
        self._deeds = Deeds(stack, settings)
        self._victims = Victims(stack, settings)
        self.moment = ''
        self.seen: list[str] = []
        self._server: Any = None
        self._snapshots: dict[str, Any] = {}
        #: At least and at most so many records are in each snapshot.
        self._records: dict[str, tuple[int, int | None]] = {}

    def play(self) -> None:
        """Go through all of it.

        :raises StoryError: something is lost, left or stuck.
        """
        deeds = self._deeds
        self._prepare()
        if self._operation == CREATE:
            self._die_in_creation()
        else:
            self._die_in_merge()
        self._settle()
        self._revive()
        if self._name in self._snapshots:
            low, _ = self._records[self._name]
            self._records[self._name] = (low, self._told())
        self._judge()
        deeds.delete(deeds.nova.servers, self._server)
        deeds.delete(deeds.cinder.volumes, self._volume)
        left = [path.name for path in deeds.files(self._volume)]
        if left:
            raise StoryError(f'files are left: {", ".join(left)}')

    def give_up(self) -> None:
        """After a fault, let others have the stack; what is on the share is left as it is."""
        for service in (CINDER, COMPUTE, LIBVIRT):
            with contextlib.suppress(ServiceError):
                self._victims.start(service)
        if self._server is not None:
            with contextlib.suppress(*FAULTS):
                self._deeds.delete(self._deeds.nova.servers, self._server)

    def _prepare(self) -> None:
        """Have a guest write to a volume with a snapshot below much data, and one above it."""
        deeds = self._deeds
        self._volume = deeds.make(_GIB, name='fault')
        older = deeds.take(self._volume)
        (overlay,) = (path for path in deeds.files(self._volume) if older.id in path.name)
        inspection.write(overlay)
        self._server = deeds.boot('fault')
        deeds.attach(self._server, self._volume)
        self._snapshots['older'] = older
        self._records['older'] = (0, 0)
        if self._operation != CREATE:
            self._snapshots['newest'] = self._taken('newest')
            deeds.written(self._server, self._volume)

    def _taken(self, name: str) -> Any:
        before = self._told()
        snapshot = self._deeds.take(self._volume)
        self._records[name] = (before, self._bound())
        return snapshot

    def _told(self) -> int:
        return self._deeds.told(self._server, self._volume)

    def _bound(self) -> int:
        """Return a number of records that the volume did not have until now."""
        self._deeds.written(self._server, self._volume)
        return self._told()

    def _die_in_creation(self) -> None:
        """Have it die when Nova was asked, and the guest has not switched to the overlay."""
        deeds = self._deeds
        held = LIBVIRT if self._victim == LIBVIRT else COMPUTE
        self._name = 'new'
        self._listen()  # while Nova is held up it shows no console
        self._records['new'] = (self._written, None)
        with self._victims.held(held):
            with deeds.reaching_nova('POST'):
                self._asked = deeds.request(self._volume)
            self.moment = f'Nova was asked, {held} held up'
            self._kill()
            if self._victim == CINDER_FIRST:
                self._restart()
                deeds.end(self._asked)
        if self._victim == CINDER:
            deeds.until('a report of Nova', self._reported, bool, SETTLE_SECONDS)
        if self._victim != CINDER_FIRST:
            self._restart()

    def _die_in_merge(self) -> None:
        """Have it die while QEMU merges, a mebibyte a second."""
        deeds, victims, server = self._deeds, self._victims, self._server
        self._name = 'older' if self._operation == OLDER else 'newest'
        self._asked = self._snapshots.pop(self._name)
        self._asked.delete()
        job = deeds.until('a block job', lambda: victims.job(server), bool, pause=LOOK_SECONDS)
        victims.set_speed(server, job, _SPEED)
        job = victims.job(server)
        if job is None:
            raise StoryError('the merge had ended before it could be held up')
        self.moment = f'{job["offset"] >> 20} of {job["len"] >> 20} MiB merged'
        self._listen()
        self._kill()
        self._restart()
        left = None if self._victim == GUEST else victims.job(server)
        if left is not None:
            victims.set_speed(server, left, 0)

    def _reported(self) -> bool:
        """Tell whether Nova has reported that the guest has switched."""
        shown = self._deeds.cinder.volume_snapshots.get(self._asked.id).to_dict()
        return bool(shown['os-extended-snapshot-attributes:progress'] == _DONE)

    def _listen(self) -> None:
        """Note what the guest has said, and written, until now."""
        self._said = self._deeds.said(self._server)
        self._written = self._told()

    def _kill(self) -> None:
        if self._victim == GUEST:
            self._victims.kill_guest(self._server)
        elif self._victim == JOB:
            self._victims.cancel(self._server)
        else:
            self._victims.kill(self._service)

    def _restart(self) -> None:
        if self._victim not in (GUEST, JOB):
            self._victims.start(self._service)

    @property
    def _service(self) -> str:
        return CINDER if self._victim == CINDER_FIRST else self._victim

    def _settle(self) -> None:
        """Wait for the operation's end; what failed is done again, as people would."""
        status = self._end()
        if self._operation == CREATE and status == 'available':
            self._snapshots[self._name] = self._asked
        elif status is not None:
            if status == 'error_deleting':  # which Cinder deletes only after an operator's word
                self._deeds.cinder.volume_snapshots.reset_state(self._asked.id, 'error')
            self._await_rest()
            self._asked.delete()
            status = self._end()
            if status is not None:
                raise StoryError(f'the snapshot can not be deleted, it is {status} again')

    def _await_rest(self) -> None:
        """Wait until Nova can do it: it has to know of QEMU's end, or QEMU has to have merged."""
        if self._victim == GUEST:
            self._deeds.await_status(self._deeds.nova.servers, self._server, 'SHUTOFF')
        else:
            self._deeds.until(
                'the end of the merge',
                lambda: self._victims.job(self._server),
                lambda job: job is None,
                SETTLE_SECONDS,
            )

    def _end(self) -> str | None:
        # A Cinder that was killed has not given its locks back.
        status = self._deeds.end(self._asked, survived=self._victim != CINDER)
        self.seen.append(status or 'gone')
        return status

    def _revive(self) -> None:
        """Start the server whose QEMU is gone; see that the guest of another one writes on."""
        deeds, server = self._deeds, self._server
        if self._victim == GUEST:
            deeds.await_status(deeds.nova.servers, server, 'SHUTOFF')
            server.start()
            deeds.await_status(deeds.nova.servers, server, 'ACTIVE')
            expect(deeds.hear(server, self._said, Found, self._volume), self._written)
        deeds.written(server, self._volume)

    def _judge(self) -> None:
        """See that all can be read that was written, and that all operations work."""
        deeds = self._deeds
        deeds.drop(self._taken('further'))
        for name, snapshot in self._snapshots.items():
            self._judge_snapshot(name, snapshot)
        inspection.audit(self._stack, self._settings, f'volume-{self._volume.id}')
        for snapshot in self._snapshots.values():
            deeds.drop(snapshot)
        records = deeds.detach(self._server, self._volume)
        self._read_moved()
        expect(deeds.attach(self._server, self._volume), records)
        deeds.detach(self._server, self._volume)

    def _read_moved(self) -> None:
        """See that all is there that the merges have moved, where the guest never looks."""
        record = self._deeds.share / f'volume-{self._volume.id}.info'
        name = json.loads(record.read_text())['active'] if record.exists() else record.stem
        self._read(name, inspection.PATTERN)

    def _read(self, name: str, pattern: int) -> None:
        form = 'qcow2' if name.count('.') else self._settings.image_format
        inspection.read(self._deeds.share / name, form, pattern)

    def _judge_snapshot(self, name: str, snapshot: Any) -> None:
        deeds = self._deeds
        copy = deeds.make(_GIB, name=f'of-{name}', snapshot_id=snapshot.id)
        pattern = inspection.NOTHING if name == 'older' else inspection.PATTERN
        self._read(f'volume-{copy.id}', pattern)
        expect(deeds.attach(self._server, copy), *self._records[name])
        deeds.detach(self._server, copy)
        deeds.delete(deeds.cinder.volumes, copy)
