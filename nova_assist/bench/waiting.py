# SPDX-License-Identifier: Apache-2.0
"""Waits until what a cloud has made has a status; main class: :class:`Waiting`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from nova_assist.bench.errors import BenchError
from nova_assist.scenarios.embedded_api import EmbeddedApi

#: How often is asked, and how long; seconds.
_LOOK_SECONDS = 0.01
PATIENCE_SECONDS = 600.0


class Waiting:
    """Asks a cloud's services again and again.

    :param check: called while waiting; raises if a service has ended
    """

    def __init__(self, api: EmbeddedApi, check: Callable[[], None]) -> None:
        self._api = api
        self._check = check

    def volume(self, volume: str, wanted: str | None) -> None:
        """Wait until a volume has a status, ``None`` for none because it is gone.

        :raises BenchError: it ends in another one, or in none in time
        """
        self._until(lambda: self._api.volume_status(volume), wanted, f'volume {volume}')

    def snapshot(self, snapshot: str, wanted: str | None) -> None:
        """Wait for a snapshot, likewise."""
        self._until(lambda: self._api.snapshot_status(snapshot), wanted, f'snapshot {snapshot}')

    def server(self, server: str, wanted: str) -> None:
        """Wait for a server, likewise."""
        self._until(lambda: self._api.server_status(server), wanted, f'server {server}')

    def snapshots(self, snapshots: Sequence[str], wanted: str | None) -> None:
        """Wait until each of some snapshots has a status, asking for all of them at once."""

        def worst() -> str | None:
            known = {
                snapshot: status
                for own in self._api.snapshots().values()
                for snapshot, status in own.items()
            }
            found = {known.get(snapshot) for snapshot in snapshots}
            return next(iter(found - {wanted}), wanted)

        self._until(worst, wanted, f'one of the snapshots {", ".join(snapshots)}')

    def held(self, volume: str, snapshot: str) -> bool:
        """Wait until Nova holds the deletion of a snapshot, which meets a fault that does so.

        :return: ``False`` if the snapshot is gone without Nova
        :raises BenchError: the deletion fails, or neither comes in time
        """

        def state() -> str | None:
            status = self._api.snapshot_status(snapshot)
            return 'held' if status is None or self._api.fault(volume).held else status

        self._until(state, 'held', f'the deletion of snapshot {snapshot}')
        return self._api.fault(volume).held > 0

    def _until(self, read: Callable[[], str | None], wanted: str | None, subject: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (status := read()) != wanted:
            if status is None or status.lower().startswith('error'):
                raise BenchError(
                    f'{subject} is {status or "gone"} where it should become {wanted or "gone"}'
                )
            if time.monotonic() > deadline:
                raise BenchError(
                    f'after {PATIENCE_SECONDS:.0f} s {subject} is still {status}, not '
                    f'{wanted or "gone"}'
                )
            self._check()
            time.sleep(_LOOK_SECONDS)
