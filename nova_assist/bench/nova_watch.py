# SPDX-License-Identifier: Apache-2.0
"""Notes, in the compute service, when it is asked for a snapshot, switches and calls back.

Main function: :func:`install`. The service itself knows nothing of this.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from nova_assist.bench.moments import Notes
from nova_assist.compute.assisted import AssistedSnapshots
from nova_assist.compute.cinder import Cinder
from nova_assist.compute.guest import Guest

#: What is noted: Nova has a request, the guest's files are changed, Cinder is about to be told.
ASKED, CHANGED, REPORTED = 'Nova asked', 'files changed', 'Nova reports'


def install() -> None:
    """Note from now on, if this process's environment asks for it."""
    notes = Notes.named()
    if notes is None:
        return
    for method in ('create', 'delete'):
        _note_before(AssistedSnapshots, method, ASKED, notes, lambda given: given[2].snapshot_id)
    for method in ('snapshot', 'commit', 'pull'):
        _note_after(Guest, method, CHANGED, notes, lambda given: given[0])
    _note_before(Cinder, 'update_snapshot_status', REPORTED, notes, lambda given: given[1])


def _note_before(
    owner: type, method: str, what: str, notes: Notes, subject: Callable[[Sequence[Any]], str]
) -> None:
    real: Callable[..., Awaitable[Any]] = getattr(owner, method)

    async def call(own: Any, *given: Any, **named: Any) -> Any:
        notes.note(what, subject(given))
        return await real(own, *given, **named)

    setattr(owner, method, call)


def _note_after(
    owner: type, method: str, what: str, notes: Notes, subject: Callable[[Sequence[Any]], str]
) -> None:
    real: Callable[..., Awaitable[Any]] = getattr(owner, method)

    async def call(own: Any, *given: Any, **named: Any) -> Any:
        answer = await real(own, *given, **named)
        notes.note(what, subject(given))
        return answer

    setattr(owner, method, call)
