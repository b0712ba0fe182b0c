# SPDX-License-Identifier: Apache-2.0
"""Many volumes on a share and in Cinder's database, made in no time; main function: :func:`fill`.

Each is a copy of one that Cinder has made, row and file, with an id of its own.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import uuid
from pathlib import Path

_FILE = 'volume-{}'


def fill(database: Path, share: Path, model: str, count: int) -> None:
    """Have at least so many volumes on a share.

    :param database: Cinder's, SQLite
    :param model: the id of an empty volume without snapshots on the share
    """
    size = (share / _FILE.format(model)).stat().st_size
    with contextlib.closing(sqlite3.connect(database, timeout=60)) as connection, connection:
        columns = [row[1] for row in connection.execute('PRAGMA table_info(volumes)')]
        values = ', '.join('?' if column == 'id' else column for column in columns)
        copy = f'INSERT INTO volumes SELECT {values} FROM volumes WHERE id = ?'  # noqa: S608
        missing = count - sum(1 for _ in share.glob(_FILE.format('*')))
        ids = [str(uuid.uuid4()) for _ in range(missing)]
        connection.executemany(copy, [(each, model) for each in ids])
        # A database server counts its rows by itself, and plans by that: SQLite when it is told.
        # Connections that are open hear of it only if that changes the schema.
        connection.execute('DROP TABLE IF EXISTS sqlite_stat1')
        connection.execute('ANALYZE')
    for each in ids:
        path = share / _FILE.format(each)
        path.touch()
        os.truncate(path, size)
