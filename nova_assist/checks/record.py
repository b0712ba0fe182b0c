# SPDX-License-Identifier: Apache-2.0
"""Reads a volume's record, the ``.info`` file that RemoteFS drivers keep on the share.

Main class: :class:`Record`. The file is JSON, ``{"active": file, "<snapshot id>": overlay}``, its
names relative to the share; a volume that never had a snapshot has none.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

from nova_assist.checks import errors

SUFFIX = '.info'
_COPY = '.copy'
_ACTIVE = 'active'


@dataclasses.dataclass(frozen=True)
class Record:
    """The active file of a volume, and the overlay made after each snapshot."""

    active: str
    overlays: Mapping[str, str]


def copy(volume_file: str, snapshot_id: str) -> str:
    """Return the name of the copy that a snapshot of an encrypted volume is; no record has it."""
    return f'{volume_file}.{snapshot_id}{_COPY}'


def read(share: Path, volume_file: str) -> Record:
    """Read the record of the volume made as ``volume_file``; without one, that is the active file.

    :raises errors.RecordDamaged: if the file is there but is no record
    """
    path = share / (volume_file + SUFFIX)
    try:
        text = path.read_text()
    except FileNotFoundError:
        return Record(volume_file, {})
    except (OSError, UnicodeDecodeError) as error:
        raise errors.RecordDamaged(f"{path.name} can't be read: {error}") from error
    try:
        entries = json.loads(text)
    except json.JSONDecodeError as error:
        raise errors.RecordDamaged(
            f'{path.name} is no JSON: {error}; it holds {text[:80]!r}'
        ) from error
    if not isinstance(entries, dict) or _ACTIVE not in entries:
        raise errors.RecordDamaged(f'{path.name} names no active file: {text[:80]!r}')
    for name in entries.values():
        if (
            not isinstance(name, str)
            or not (name == volume_file or name.startswith(volume_file + '.'))
            or '/' in name
        ):
            raise errors.RecordDamaged(f'{path.name} names {name!r}, no file of this volume')
    active = entries.pop(_ACTIVE)
    return Record(active, entries)
