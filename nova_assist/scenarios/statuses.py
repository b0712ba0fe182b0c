# SPDX-License-Identifier: Apache-2.0
"""Spares the embedded Cinder questions that its database answers: whether something has ended.

Main class: :class:`Statuses`. Who waits asks often, and each answer takes Cinder a hundred times
as long as a look at the row, of the one processor that it has for its API and its drivers. What a
status has become once it has changed Cinder is asked itself.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

#: The tables that have a status.
VOLUMES, SNAPSHOTS = 'volumes', 'snapshots'

#: How long Cinder need not be asked, which may have died; seconds.
_TRUSTED_SECONDS = 1.0

#: Statuses that don't last, and that Cinder's API tells as they are in the row: not so
#: ``managing`` and the like (its ``views/volumes.py``).
_PASSING = frozenset(
    {
        'creating',
        'downloading',
        'uploading',
        'reserved',
        'attaching',
        'detaching',
        'extending',
        'reverting',
        'restoring',
        'retyping',
        'backing-up',
        'restoring-backup',
        'deleting',
    }
)


class Statuses:
    """Looks at the rows of volumes and snapshots.

    :param database: Cinder's, SQLite
    """

    def __init__(self, database: Path) -> None:
        self._url = f'{database.absolute().as_uri()}?mode=ro'
        self._answers: dict[str, _Answer] = {}

    def get(self, table: str, row_id: str, ask: Callable[[], str | None]) -> str | None:
        """Return the status of something, ``None`` if it is gone.

        :param ask: asks Cinder
        """
        row, now = self._look(table, row_id), time.monotonic()
        last = self._answers.setdefault(row_id, _Answer(now, None, None))
        if row is not None and now - last.asked < _TRUSTED_SECONDS:
            if row.status in _PASSING:
                return row.status
            if row == last.row:
                return last.status
        status = ask()
        self._answers[row_id] = _Answer(now, row, status)
        return status

    def _look(self, table: str, row_id: str) -> _Row | None:
        """Return what a row shows, ``None`` if it can't be seen or is gone."""
        question = f'SELECT status, updated_at FROM {table} WHERE id = ? AND NOT deleted'  # noqa: S608
        try:
            with contextlib.closing(sqlite3.connect(self._url, uri=True, timeout=0)) as database:
                found = database.execute(question, [row_id]).fetchone()
        except sqlite3.Error:  # such as a lock
            return None
        return _Row(*found) if found else None


class _Row(NamedTuple):
    """What a row shows; it was changed at a time that has microseconds."""

    status: str
    changed: str | None


class _Answer(NamedTuple):
    """What Cinder has answered, and the row before that."""

    asked: float
    row: _Row | None
    status: str | None
