# SPDX-License-Identifier: Apache-2.0
"""Publishes logs as texts that a browser shows; main function: :func:`publish`.

A log is read line by line, whatever its length, unpacked, and written without secrets.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from nova_assist.ci.errors import LogsError, OutputError
from nova_assist.ci.logs import Kind, Log
from nova_assist.ci.secrets import Masker

FOLDER = 'logs'

#: Longer lines are cut, which keeps what a line costs in bounds.
_LONGEST_LINE = 64 << 10
#: And so are longer files: a packed one may unpack to anything.
_LONGEST_FILE = 1 << 30
_PROBED = 8 << 10
#: Names are for URLs, and a file system takes 255 bytes; the end of a path tells most.
_UNFIT = re.compile(r'[^A-Za-z0-9_.@-]')
_LONGEST_NAME = 200


@dataclasses.dataclass(frozen=True)
class Published:
    """A log that lies beside the page.

    :ivar place: relative to the page.
    :ivar size: bytes of the text.
    :ivar damage: why the text ends before the log does, "" if it does not.
    """

    log: Log
    place: str
    size: int
    damage: str


def publish(logs: Iterable[Log], output: Path) -> tuple[list[Published], list[Log]]:
    """Write each log that is text into ``logs/`` of a folder.

    A log that can't be read to its end, as one that was packed when its host died, is published as
    far as it goes.

    :return: what was published, and what was not, being no text.
    :raises OutputError: a text can't be written.
    """
    published: list[Published] = []
    left_out: list[Log] = []
    taken: set[str] = set()
    for log in logs:
        if log.kind in (Kind.ARCHIVE, Kind.PAGE, Kind.SUBUNIT) or not _is_text(log):
            left_out.append(log)
            continue
        place = f'{FOLDER}/{_name(log, taken)}'
        published.append(Published(log, place, *_write(log, output / place)))
    return published, left_out


def _is_text(log: Log) -> bool:
    try:
        with log.opened() as stream:
            return b'\0' not in stream.read(_PROBED)
    except LogsError:
        # To be told when it is published.
        return True


def _name(log: Log, taken: set[str]) -> str:
    """Return a name of a text, another for each log."""
    plain = _UNFIT.sub('-', log.plain_name)[-_LONGEST_NAME:]
    name, number = f'{plain}.txt', 1
    while name in taken:
        number += 1
        name = f'{plain}-{number}.txt'
    taken.add(name)
    return name


def _write(log: Log, file: Path) -> tuple[int, str]:
    masker = Masker(settings=log.is_configuration)
    damage = ''
    try:
        with file.open('x', encoding='utf-8', errors='backslashreplace') as target:
            try:
                for line in _lines(log):
                    target.write(masker.line(line) + '\n')
            except LogsError as error:
                damage = str(error)
                target.write(f'[... {damage}]\n')
            return target.tell(), damage
    except OSError as error:
        raise OutputError(f"{file} can't be written: {error}") from error


def _lines(log: Log) -> Iterator[str]:
    left = _LONGEST_FILE
    with log.opened() as source:
        while left > 0 and (line := source.readline(_LONGEST_LINE)):
            left -= len(line)
            whole = line.endswith(b'\n') or len(line) < _LONGEST_LINE
            yield line.decode('utf-8', errors='backslashreplace') + ('' if whole else ' [...]')
            while not whole:
                rest = source.readline(_LONGEST_LINE)
                left -= len(rest)
                whole = rest.endswith(b'\n') or not rest
    if left <= 0:
        yield f'[... not published beyond {_LONGEST_FILE >> 30} GiB]'
