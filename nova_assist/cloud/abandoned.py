# SPDX-License-Identifier: Apache-2.0
"""Takes the volumes of a cloud that is given up off a share that outlives it.

Main function: :func:`remove_volumes`. A run that ends in order deletes its volumes through the
API; one that was interrupted has no time for that, and nobody else knows of them.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path


def remove_volumes(database: Path, shares: Iterable[Path]) -> None:
    """Remove all files of the volumes that Cinder's database knows; what can't be, stays.

    :param database: the SQLite file, of which nobody has to be there to write it.
    :param shares: the folders with the volumes' files.
    """
    ids = _volumes(database)
    for share in set(shares):
        for volume in ids:
            for file in share.glob(f'volume-{volume}*'):
                with contextlib.suppress(OSError):
                    file.unlink()


def _volumes(database: Path) -> list[str]:
    """Return the ids of the volumes, those that the API has deleted included."""
    if not database.exists():
        return []
    with contextlib.closing(sqlite3.connect(database)) as connection:
        try:
            return [str(row[0]) for row in connection.execute('SELECT id FROM volumes')]
        except sqlite3.Error:
            return []  # it came to no volumes
