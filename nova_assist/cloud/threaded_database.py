# SPDX-License-Identifier: Apache-2.0
"""SQLite for Cinder in native threads: each transaction waits for its turn at its beginning.

Main function: :func:`take_turns`. A transaction that reads first and writes then fails at once,
whatever the timeout, if another one has written meanwhile (SQLite's "Transactions", deferred).
Where eventlet is at work there is one thread, which no query leaves.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import sqlalchemy
from sqlalchemy import event

# Far beyond what a queue of transactions takes.
_MILLISECONDS = 60_000


def take_turns() -> None:
    """Have all engines of this process begin transactions as those that will write."""
    event.listen(sqlalchemy.Engine, 'connect', _be_patient)
    # oslo.db begins transactions by a statement of its own.
    event.listen(sqlalchemy.Engine, 'before_cursor_execute', _begin_to_write, retval=True)


def _be_patient(connection: sqlite3.Connection, record: object) -> None:
    connection.execute(f'PRAGMA busy_timeout = {_MILLISECONDS}')


def _begin_to_write(
    connection: object, cursor: object, statement: str, parameters: Any, *_: object
) -> tuple[str, Any]:
    return 'BEGIN IMMEDIATE' if statement == 'BEGIN' else statement, parameters
