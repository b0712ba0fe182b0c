# SPDX-License-Identifier: Apache-2.0
"""Growing a volume: here where nobody has it open, through Nova where a guest has.

Main class: :class:`Extending`. Only the QEMU that has a file open can make it larger. Nova has it
do that when it gets the event ``volume-extended``, to the size that it then reads in Cinder's API,
and reports to nobody how that ended. So the volume is given its new size for the time that Nova
may take, the file is looked at until it has it, and a note is kept, see :mod:`driver.extension`,
as long as Nova may grow the file after all. Callers hold the volume's lock.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

from driver import exceptions, locks, reading, volumes
from driver.database import VolumeState
from driver.extension import Extension
from driver.opening import Opened, Opener
from driver.placing import Placing
from nova_assist import client

#: Seconds that Nova may take to answer, which it does before it does the work.
_ANSWER_SECONDS = 60


class _MayComeTrue(exceptions.AssistError):
    """Nova was asked to grow a disk and has not; it may do so later."""


@dataclasses.dataclass(frozen=True)
class Extending:
    """The extensions of one backend's volumes.

    :ivar opener: opens a volume for an operation
    :ivar placing: tells whether a share has room
    """

    opener: Opener
    placing: Placing

    def extend(self, state: VolumeState, size: int, context: Any) -> None:
        """Grow a volume.

        :param size: new size in bytes
        :param context: of the request
        :raises ShareError: its share has no room
        :raises StateError: Nova may be merging its files, or growing it to another size
        :raises AssistError: Nova has not grown it; it has its old size
        :raises FileInUse: it is detached, yet somebody has it open
        """
        self.placing.require_growth(state.share, state.id, state.size, size)
        # Its files may have the size that is asked for, or an earlier one, from another attempt.
        opened = self.opener.open(
            dataclasses.replace(state, size=max(size, state.largest), extension=None)
        )
        if not state.attached and state.extension is None:
            self._grow_here(opened, size)
            return
        in_use = state.attached and _is_open(opened)
        if in_use:
            _require_calm(state, opened, size)
        with self._noted(state, size):
            if in_use and opened.chain.active.virtual_size != size:
                self._grow_in_guest(state, opened, size, context)
            elif not in_use:
                self._grow_here(opened, size)

    def _grow_here(self, opened: Opened, size: int) -> None:
        volumes.grow(opened.layout, opened.chain.active, size, self.opener.settings.sparse)

    @contextlib.contextmanager
    def _noted(self, state: VolumeState, size: int) -> Iterator[None]:
        """Have the volume noted as growing, and of its new size, for the length of the block.

        Whatever goes wrong it has its old size afterwards; the note stays as long as Nova may
        grow it, and if this service dies.
        """
        rows, extension = self.opener.extensions, Extension(state.size, size)
        rows.begin(state.id, extension)
        try:
            yield
        except _MayComeTrue:
            rows.withdraw(state.id, extension)
            raise
        except Exception:
            if state.extension is None:
                rows.forget(state.id, state.size)
            else:
                rows.begin(state.id, state.extension)
                rows.withdraw(state.id, state.extension)
            raise
        rows.forget(state.id, size)

    def _grow_in_guest(self, state: VolumeState, opened: Opened, size: int, context: Any) -> None:
        """Have Nova grow the disk of a guest.

        :raises AssistError: it can't be asked, or has not grown it
        """
        unclear = self._ask(state, context)
        try:
            self._await(state, opened, size)
            if self._has(opened, size):
                return
            # From now on Nova finds the old size, so a late one changes nothing.
            self.opener.extensions.withdraw(state.id, Extension(state.size, size))
            if self._has(opened, size):
                return
            if not _is_open(opened):
                self._grow_here(opened, size)
                return
        except Exception as error:
            raise _MayComeTrue(
                f'Volume {state.id}: Nova was asked to grow the disk of its guest, and what '
                f'followed went wrong: {error}'
            ) from error
        raise _MayComeTrue(
            f'Volume {state.id} not extended: {unclear}Nova has not grown the disk of server '
            f'{", ".join(state.servers)} in time ({self._timeout} seconds); '
            f'{opened.chain.active.name} has its old size. Nothing is lost. The log of '
            f'nova-compute on the host of the guest, and the actions of the server, tell why; '
            f'reset the state of the volume to in-use and extend it again.'
        )

    @property
    def _timeout(self) -> int:
        return self.opener.settings.extend_timeout

    def _ask(self, state: VolumeState, context: Any) -> str:
        """Send the event; returns what was unclear about Nova's answer, as part of a sentence.

        :raises AssistError: Nova was not asked, or has said no
        """
        if not state.servers:
            raise exceptions.AssistError(
                f'Volume {state.id} is open, yet attached to no server, so that Nova can not grow '
                f'it. Nothing was changed; extend it once it is detached.'
            )
        events = self.opener.extensions.events(context, min(_ANSWER_SECONDS, self._timeout))
        try:
            events.volume_extended(state.id, state.servers)
        except (client.Unanswered, client.BrokenOff) as error:
            return f'{error}; '
        except client.AssistedSnapshotError as error:
            raise exceptions.AssistError(
                f'Volume {state.id} not extended: {error}. Nothing was changed.'
            ) from error
        return ''

    def _await(self, state: VolumeState, opened: Opened, size: int) -> None:
        """Wait until the file has its new size, the volume is detached, or time is up."""

        def look() -> bool:
            return self._has(opened, size) or not self._is_attached(state)

        client.poll(look, bool, self._timeout)

    def _is_attached(self, state: VolumeState) -> bool:
        return self.opener.ledger.volume_state(state.id).attached

    def _has(self, opened: Opened, size: int) -> bool:
        return reading.virtual_size(opened.layout, opened.chain.active) == size


def _is_open(opened: Opened) -> bool:
    return locks.holders(opened.layout.path(opened.chain.active.name)).any


def _require_calm(state: VolumeState, opened: Opened, size: int) -> None:
    """See that nothing which Nova may still be doing can come between.

    Nova carries out an event with the size that it read when the event came. Two at once with
    different sizes could end with the smaller one, and cut off what the guest has written.

    :raises StateError: something may
    """
    if opened.pending is not None:
        raise exceptions.StateError(
            f'Volume {state.id}: the deletion of snapshot {opened.pending.snapshot_id} was '
            f'interrupted and may still be going on. Delete that snapshot again, then repeat this.'
        )
    earlier, active = state.extension, opened.chain.active
    if earlier is not None and size != earlier.after and active.virtual_size < earlier.after:
        raise exceptions.StateError(
            f'Volume {state.id}: Nova was asked to grow it to {earlier.after} bytes, has not, and '
            f'may still. Nothing was changed. Extend it to that size, or detach it, then repeat '
            f'this.'
        )
    if active.virtual_size > size:
        raise exceptions.StateError(
            f'{active.name} has {active.virtual_size} bytes already, more than the {size} that it '
            f'is to grow to. Nothing was changed; extend the volume to at least that size.'
        )
