# SPDX-License-Identifier: Apache-2.0
"""A share with many volumes that have chains of snapshots, made in no time.

Main function: :func:`make`. One chain is made by qemu-img, and the others are copies of its files
in which the names are replaced, which are all of one length. What is zero in a file is left out.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from nova_assist.bench import commands

_SIZE = 1 << 30
_BLOCK = 4096


def make(share: Path, volumes: int, depth: int) -> None:
    """Make volumes in an empty folder.

    :param depth: how many snapshots each has
    """
    ids = [str(uuid.uuid4()) for _ in range(depth + 1)]
    first = _chain(ids)
    for number, name in enumerate(first):
        if number == 0:
            with (share / name).open('wb') as file:
                file.truncate(_SIZE)
            continue
        backing, image_format = first[number - 1], 'raw' if number == 1 else 'qcow2'
        backed_by = ('-b', backing, '-F', image_format)
        commands.qemu('qemu-img', 'create', '-f', 'qcow2', *backed_by, name, folder=share)
    content = {name: (share / name).read_bytes() for name in first[1:]}
    _record(share, ids)
    for _ in range(volumes - 1):
        own = [str(uuid.uuid4()) for _ in ids]
        _copy(share, ids, own, content)


def _chain(ids: list[str]) -> list[str]:
    """Return the files of a volume, base first, from its id and those of its snapshots."""
    base = f'volume-{ids[0]}'
    return [base, *(f'{base}.{snapshot}' for snapshot in ids[1:])]


def _copy(share: Path, ids: list[str], own: list[str], content: dict[str, bytes]) -> None:
    base, *overlays = _chain(own)
    with (share / base).open('wb') as file:
        file.truncate(_SIZE)
    for name, data in zip(overlays, content.values(), strict=True):
        for old, new in zip(ids, own, strict=True):
            data = data.replace(old.encode(), new.encode())
        with (share / name).open('wb') as file:
            for start, block in _blocks(data):
                file.seek(start)
                file.write(block)
            file.truncate(len(data))
    _record(share, own)


def _record(share: Path, ids: list[str]) -> None:
    files = _chain(ids)
    record = {'active': files[-1], **dict(zip(ids[1:], files[1:], strict=True))}
    path = share / f'{files[0]}.info'
    path.write_text(json.dumps(record))
    for name in (*files, path.name):
        os.chmod(share / name, 0o660)


def _blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the blocks that are not all zeros, with where they begin."""
    for start in range(0, len(data), _BLOCK):
        block = data[start : start + _BLOCK]
        if any(block):
            yield start, block
