# SPDX-License-Identifier: Apache-2.0
"""What lies on a share of a volume's files, in words; main function: :func:`listing`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from driver import layout, qcow2

_PREFIX = 'volume-'
_RECORD = '.info'
_GIB = 1 << 30


def listing(folder: Path) -> dict[str, Any]:
    """Return what each file of a volume is: its format, its size as a guest sees it, its backing.

    Of a record it is what the record says: which file is active, and which each snapshot's. The
    second name that a journal has while it is open is left out.
    How much of it is allocated is not told: that is the guest's doing.
    """
    found = {}
    for path in sorted(folder.glob(f'{_PREFIX}*')):
        if path.name.endswith(f'{layout.JOURNAL}{layout.TEMPORARY}'):
            continue
        try:
            found[path.name] = _told(path)
        except FileNotFoundError:  # gone since it was seen
            continue
    return found


def _told(path: Path) -> Any:
    if path.suffix == layout.JOURNAL:
        return 'what the driver is about'
    return _record(path.read_text()) if path.suffix == _RECORD else _image(path)


def _record(text: str) -> Any:
    """Return what a record says; the text of one that another driver is about to write."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _image(path: Path) -> str:
    with path.open('rb') as file:
        head = file.read(qcow2.HEADER_BYTES)
    if not head.startswith(qcow2.MAGIC):
        return f'raw, {_size(path.stat().st_size)}'
    header = qcow2.parse(head, path.name)
    said = f'qcow2, {_size(header.virtual_size)}'
    if header.backing_file is None:
        return said
    return f'{said}, on {header.backing_file} ({header.backing_format})'


def _size(octets: int) -> str:
    return f'{octets / _GIB:g} GiB'
