# SPDX-License-Identifier: Apache-2.0
"""The chain judge: do Cinder, the record, the headers and the guest tell the same story?

Main class: :class:`ChainJudge`. The headers are read by qemu-img from the active file that the
record names; whatever else speaks of the chain is compared with them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from nova_assist.checks import errors, record, scene
from nova_assist.checks.images import ImageFile
from nova_assist.checks.look import Look
from nova_assist.reports.model import Finding

NAME = 'chain'


class ChainJudge:
    """Judges each volume of a scene by itself."""

    name = NAME

    def judge(self, share: scene.Scene, looks: Mapping[str, Look]) -> Iterator[Finding]:
        """Yield where REST API, record, headers, attachment and guest disagree."""
        for volume in share.volumes:
            yield from _volume(volume, looks[volume.id])


def _volume(volume: scene.Volume, seen: Look) -> Iterator[Finding]:
    try:
        written = seen.record
    except errors.RecordDamaged as error:
        yield _finding(
            f'the record of {volume} is damaged: {error}',
            'a JSON record',
            str(error),
            volume.file + record.SUFFIX,
        )
        return
    try:
        chain = seen.chain
    except errors.ChainUnreadable as error:
        yield _unreadable(volume, written.active, seen.share, error)
        return
    yield from _snapshots(volume, written)
    yield from _names(chain)
    misread = list(_formats(volume, chain))
    if misread:  # what was opened as the wrong format tells nothing about the files below it
        yield from misread
        return
    yield from _overlays(volume, written, chain)
    yield from _sizes(volume, written, chain)
    yield from _attachments(volume, chain[0])
    if volume.guest is not None:
        yield from _guest(volume, volume.guest, chain)


def _unreadable(
    volume: scene.Volume, active: str, share: Path, error: errors.ChainUnreadable
) -> Finding:
    """Name the file that is missing, where that is why QEMU can't follow the chain."""
    if not (share / active).exists():
        return _finding(
            f'active file {active} of {volume} is missing from the share',
            active,
            'no such file',
            active,
        )
    missing = 'a file is missing: ' if 'No such file' in str(error) else ''
    return _finding(
        f"the chain of {volume} can't be followed from {active}: {missing}{error}",
        'a chain down to a base',
        str(error),
        active,
    )


def _snapshots(volume: scene.Volume, written: record.Record) -> Iterator[Finding]:
    """Compare the record with Cinder's list; a snapshot in an error state may be in it or not."""
    name = volume.file + record.SUFFIX
    for snapshot in volume.snapshots:
        if snapshot.status is None:
            yield _finding(
                f'{snapshot} is gone from Cinder, though nobody deleted it',
                'available',
                'no such snapshot',
            )
        elif snapshot.status == 'available' and snapshot.id not in written.overlays:
            yield _finding(
                f"{snapshot} is available in Cinder, but the record doesn't have it",
                f'an entry for {snapshot.id}',
                _listed(written.overlays),
                name,
            )
    listed = {snapshot.id for snapshot in volume.snapshots if snapshot.status is not None}
    for stale in sorted(set(written.overlays) - listed):
        yield _finding(
            f"the record has snapshot {stale}, which Cinder doesn't have",
            'no such entry',
            f'{stale}: {written.overlays[stale]}',
            name,
        )


def _names(chain: tuple[ImageFile, ...]) -> Iterator[Finding]:
    for image in chain:
        if image.backing is not None and '/' in image.backing:
            yield _finding(
                f'overlay {image.name} names its backing file by an absolute path',
                'a name relative to the share',
                image.backing,
                image.name,
            )


def _formats(volume: scene.Volume, chain: tuple[ImageFile, ...]) -> Iterator[Finding]:
    """Compare the format that each overlay records with the file below it."""
    for upper, lower in itertools.pairwise(chain):
        name = upper.name
        should = volume.format if lower.name == volume.file else 'qcow2'
        if upper.backing_format is None:
            yield _finding(
                f'overlay {name} records no format for its backing file {lower.name}, '
                'which is then guessed from content that a guest wrote',
                should,
                'no format',
                name,
            )
        elif upper.backing_format != should:
            yield _finding(
                f'overlay {name} records format {upper.backing_format} for its backing '
                f'file {lower.name}, which is {should}',
                should,
                upper.backing_format,
                name,
                lower.name,
            )


def _overlays(
    volume: scene.Volume, written: record.Record, chain: tuple[ImageFile, ...]
) -> Iterator[Finding]:
    """See that each file above the base belongs to one snapshot, the newest on top."""
    stacked = [image.name for image in chain[:-1]]
    name = volume.file + record.SUFFIX
    for snapshot_id, overlay in sorted(written.overlays.items()):
        if overlay not in stacked:
            yield _finding(
                f'the record names {overlay} for snapshot {snapshot_id}, but the chain '
                f'of {written.active} has no such overlay',
                overlay,
                _listed(image.name for image in chain),
                name,
            )
    for overlay in stacked:
        if overlay not in written.overlays.values():
            yield _finding(
                f'overlay {overlay} is in the chain, but the record has no snapshot for it',
                'an entry',
                _listed(written.overlays.values()),
                overlay,
            )
    ordered = [
        written.overlays[snapshot.id]
        for snapshot in reversed(volume.snapshots)
        if snapshot.id in written.overlays
    ]
    if sorted(ordered) == sorted(stacked) and ordered != stacked:
        yield _finding(
            f'the snapshots of {volume} are in the wrong order in the chain',
            _listed(ordered),
            _listed(stacked),
            *stacked,
        )


def _sizes(
    volume: scene.Volume, written: record.Record, chain: tuple[ImageFile, ...]
) -> Iterator[Finding]:
    active = chain[0]
    if active.size != volume.data.size:
        yield _finding(
            f'active file {active.name} has a virtual size of {active.size} bytes, but '
            f'{volume} is {volume.data.size} bytes in Cinder',
            f'{volume.data.size} bytes',
            f'{active.size} bytes',
            active.name,
        )
    for snapshot in volume.snapshots:
        below = _below(chain, written.overlays.get(snapshot.id))
        if below and snapshot.data and below.size != snapshot.data.size:
            yield _finding(
                f'{below.name}, the data of {snapshot}, has a virtual size of '
                f'{below.size} bytes, but the snapshot is {snapshot.data.size}',
                f'{snapshot.data.size} bytes',
                f'{below.size} bytes',
                below.name,
            )


def _below(chain: tuple[ImageFile, ...], overlay: str | None) -> ImageFile | None:
    links = itertools.pairwise(chain)
    return next((lower for upper, lower in links if upper.name == overlay), None)


def _attachments(volume: scene.Volume, active: ImageFile) -> Iterator[Finding]:
    for attachment in volume.attachments:
        if (attachment.file, attachment.format) != (active.name, active.format):
            yield _finding(
                f'attachment {attachment.id} of {volume} tells the host to open '
                f'{attachment.file} as {attachment.format}, but the active file is '
                f'{active.name}, {active.format}',
                f'{active.name} as {active.format}',
                f'{attachment.file} as {attachment.format}',
                active.name,
            )


def _guest(
    volume: scene.Volume, guest: scene.GuestDisk, chain: tuple[ImageFile, ...]
) -> Iterator[Finding]:
    files = tuple(image.name for image in chain)
    if guest.chain[:1] != files[:1]:
        yield _finding(
            f'the record of {volume} names active file {files[0]}, but the guest has '
            f'{guest.chain[0]} open',
            files[0],
            guest.chain[0],
            files[0],
            guest.chain[0],
        )
    elif guest.chain != files:
        yield _finding(
            f'the guest has another chain of {volume} open than the headers have',
            _listed(files),
            _listed(guest.chain),
            *files,
        )
    elif guest.format != chain[0].format:
        yield _finding(
            f'the guest has {files[0]} open as {guest.format}, but it is {chain[0].format}',
            chain[0].format,
            guest.format,
            files[0],
        )


def _listed(names: Iterable[str]) -> str:
    return ', '.join(names) or 'nothing'


def _finding(fault: str, expected: str, found: str, *files: str) -> Finding:
    return Finding(NAME, fault, expected, found, files)
