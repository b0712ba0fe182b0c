# SPDX-License-Identifier: Apache-2.0
"""The cells of the matrix as they are played, kept in a file, and as a table.

Main functions: :func:`add` and :func:`table`.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
from collections.abc import Iterable

#: The variable that names the file, a JSON object a line.
VARIABLE = 'NOVA_ASSIST_MATRIX'

_HEADINGS = ('export', 'NFS', 'operations', 'permissions', 'volumes', 'outcome')


@dataclasses.dataclass(frozen=True)
class Cell:
    """One cell, and what came of it."""

    export: str
    version: str
    operations: str
    permissions: str
    volumes: str
    outcome: str


def add(cell: Cell) -> None:
    """Keep a cell, if anybody asked for the matrix."""
    if VARIABLE in os.environ:
        with open(os.environ[VARIABLE], 'a') as file:
            file.write(json.dumps(dataclasses.asdict(cell)) + '\n')


def load(folder: pathlib.Path) -> list[Cell]:
    """Return the cells that were kept in a folder's files, in a lasting order."""
    lines = [line for path in folder.iterdir() for line in path.read_text().splitlines()]
    return sorted((Cell(**json.loads(line)) for line in lines), key=dataclasses.astuple)


def table(cells: Iterable[Cell]) -> str:
    """Return a line for each cell, and one of headings."""
    rows = [_HEADINGS, *map(dataclasses.astuple, cells)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return '\n'.join(
        '  '.join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
