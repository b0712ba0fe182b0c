# SPDX-License-Identifier: Apache-2.0
"""The ``.info`` record of a volume: parse, validate, save.

Main class: :class:`Record`. The JSON is the in-tree driver's, so that either driver can take over
from the other: ``{"active": file, "<snapshot id>": file, …}``.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import reprlib
import types
from collections.abc import Mapping
from typing import Any

from driver import access, advice, durable, exceptions, files
from driver.layout import Layout, is_snapshot_id

_ACTIVE = 'active'

#: A record of thousands of snapshots stays far below this many bytes.
_LARGEST = 1 << 20
#: One of hundreds is no larger.
_USUAL = 64 << 10


@dataclasses.dataclass(frozen=True)
class Record:
    """Which file is active, and which overlay was made after each snapshot.

    :ivar active: the file that a guest uses
    :ivar overlays: snapshot id -> overlay; the snapshot's data is in the overlay's backing file
    """

    active: str
    overlays: Mapping[str, str]

    def with_snapshot(self, snapshot_id: str, overlay: str) -> Record:
        """Return the record after a snapshot, whose overlay becomes the active file."""
        return Record(overlay, {**self.overlays, snapshot_id: overlay})

    def without_snapshot(self, snapshot_id: str) -> Record:
        """Return the record without a snapshot."""
        overlays = {key: file for key, file in self.overlays.items() if key != snapshot_id}
        return Record(self.active, overlays)

    def with_active(self, active: str) -> Record:
        """Return the record with another active file."""
        return Record(active, self.overlays)

    def moved(self, old: str, new: str) -> Record:
        """Return the record with each mention of an overlay replaced by another file."""
        overlays = {key: new if file == old else file for key, file in self.overlays.items()}
        return Record(self.active, overlays)


def load(layout: Layout) -> Record:
    """Read a volume's record; a volume without one has no snapshots.

    :raises RecordError: the record can't be read or believed
    """
    path = layout.path(layout.record)
    try:
        data = files.read(path, _LARGEST + 1)
    except FileNotFoundError:
        return Record(layout.volume, {})
    except OSError as error:
        raise exceptions.RecordError(
            f'The snapshot record {path} could not be read: {error.strerror}.',
            f'{advice.on_file(path, error)} No file of {layout.volume} was touched; then repeat.',
        ) from error
    return parse(data, layout)


def parse(data: bytes, layout: Layout) -> Record:
    """Parse and validate a record.

    :param data: the content of the ``.info`` file
    :param layout: decides which file names the volume may have
    :raises RecordError: not such a record, or one that names a file of another volume
    """
    if len(data) > _LARGEST:
        raise _bad(layout, f'is larger than {_LARGEST} bytes')
    return _parse_known(data, layout) if len(data) <= _USUAL else _parse(data, layout)


def _parse(data: bytes, layout: Layout) -> Record:
    try:
        content = json.loads(data, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        what = 'is empty' if not data.strip() else f'is not JSON ({error})'
        raise _bad(layout, what) from error
    if not isinstance(content, dict) or _ACTIVE not in content:
        raise _bad(layout, f'is not a JSON object with the key "{_ACTIVE}"')
    for key, file in content.items():
        if not is_snapshot_id(key):
            raise _bad(layout, f'has the key {reprlib.repr(key)}, which is no id of a snapshot')
        if not isinstance(file, str) or not layout.owns(file):
            shown = reprlib.repr(file)
            raise _bad(layout, f'names {shown} for "{key}", which is no file of this volume')
    active = content.pop(_ACTIVE)
    return Record(active, types.MappingProxyType(content))


# An operation reads the record several times, and what the same bytes mean does not change.
_parse_known = functools.lru_cache(maxsize=32)(_parse)


def written(record: Record) -> bytes:
    """Return the content of the ``.info`` file of a record."""
    content = {**record.overlays, _ACTIVE: record.active}
    return json.dumps(content, indent=1, sort_keys=True).encode('ascii')


def save(layout: Layout, record: Record, maker: access.FileMaker) -> None:
    """Replace a volume's record; a crash leaves the old one or the new one.

    :raises ShareError: it can't be written, or not durably: either can be in force
    """
    data = written(record)
    temporary = layout.path(layout.temporary(layout.record))
    durable.write(temporary, data, maker)
    durable.publish(temporary, layout.path(layout.record))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that says two things of one key: who reads it next may take the other."""
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError('it has a key twice')
    return content


def _bad(layout: Layout, what: str) -> exceptions.RecordError:
    return exceptions.RecordError(
        f'The snapshot record {layout.path(layout.record)} {what}.',
        f'No file of {layout.volume} was touched. Restore the record (it maps "{_ACTIVE}" and '
        f'each snapshot id to a file; "nova-assist check {layout.folder}" tells whether it can '
        f'be written anew), then repeat.',
    )
