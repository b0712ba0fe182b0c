# SPDX-License-Identifier: Apache-2.0
"""The chain judge: do Cinder, the record, the headers and the guest tell the same story?

Main class: :class:`ChainJudge`. The headers are read by qemu-img from the active file that the
record names; whatever else speaks of the chain is compared with them. Attachments and guests are
left to :mod:`nova_assist.checks.attached`, the inside of qcow2 files to
:mod:`nova_assist.checks.metadata`.
"""

from __future__ import annotations

import collections
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

from nova_assist.checks import attached, errors, listing, record
from nova_assist.checks.faults import NAME, fault, listed
from nova_assist.checks.images import ImageFile
from nova_assist.checks.look import Look
from nova_assist.checks.metadata import MetadataCheck
from nova_assist.checks.scene import Scene, Volume
from nova_assist.reports.model import Finding


class ChainJudge:
    """Judges each volume of a scene by itself; to be kept from one look to the next."""

    name = NAME

    def __init__(self) -> None:
        """Start with no file's metadata checked."""
        self._metadata = MetadataCheck()

    def judge(self, scene: Scene, looks: Mapping[str, Look]) -> Iterator[Finding]:
        """Yield where REST API, record, headers, attachment and guest disagree."""
        for volume in scene.volumes:
            yield from self._volume(volume, looks[volume.id])

    def _volume(self, volume: Volume, seen: Look) -> Iterator[Finding]:
        try:
            written = seen.record
        except errors.RecordDamaged as error:
            yield fault(
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
        yield from _snapshots(volume, written, seen.share)
        yield from _names(chain)
        misread = list(_formats(volume, chain))
        if misread:  # what was opened as the wrong format tells nothing about the files below it
            yield from misread
            return
        yield from _overlays(volume, written, chain)
        yield from _sizes(volume, written, chain)
        yield from attached.faults(volume, chain)
        yield from self._metadata.faults(seen)


def _unreadable(
    volume: Volume, active: str, share: Path, error: errors.ChainUnreadable
) -> Finding:
    """Name the file that is missing, where that is why QEMU can't follow the chain."""
    if not (share / active).exists():
        return fault(
            f'active file {active} of {volume} is missing from the share',
            active,
            'no such file',
            active,
        )
    missing = 'a file is missing: ' if 'No such file' in str(error) else ''
    return fault(
        f"the chain of {volume} can't be followed from {active}: {missing}{error}",
        'a chain down to a base',
        str(error),
        active,
    )


def _snapshots(volume: Volume, written: record.Record, share: Path) -> Iterator[Finding]:
    """Compare the record with Cinder's list; of an encrypted volume, the copies.

    A snapshot whose creation failed, so that nobody knows what it holds, may be in it or not.
    """
    name = volume.file + record.SUFFIX
    yield from listing.faults(volume)
    for snapshot in volume.snapshots:
        copy = record.copy(volume.file, snapshot.id)
        copied = volume.encrypted and (share / copy).exists()
        if snapshot.status == 'available' and snapshot.id not in written.overlays and not copied:
            instead = f', nor is there {copy}' if volume.encrypted else ''
            yield fault(
                f"{snapshot} is available in Cinder, but the record doesn't have it{instead}",
                f'an entry for {snapshot.id}',
                listed(written.overlays),
                name,
            )
    yield from _stale(volume, written)


def _stale(volume: Volume, written: record.Record) -> Iterator[Finding]:
    """See that the record has no snapshot that Cinder doesn't have."""
    known = {snapshot.id for snapshot in volume.snapshots if snapshot.status is not None}
    for stale in sorted(set(written.overlays) - known):
        yield fault(
            f"the record has snapshot {stale}, which Cinder doesn't have",
            'no such entry',
            f'{stale}: {written.overlays[stale]}',
            volume.file + record.SUFFIX,
        )


def _names(chain: tuple[ImageFile, ...]) -> Iterator[Finding]:
    for image in chain:
        if image.backing is not None and '/' in image.backing:
            kind = 'an absolute path' if image.backing.startswith('/') else 'a path with folders'
            yield fault(
                f'overlay {image.name} names its backing file by {kind}: {image.backing}',
                'the name of a file next to it',
                image.backing,
                image.name,
            )


def _formats(volume: Volume, chain: tuple[ImageFile, ...]) -> Iterator[Finding]:
    """Compare the format that each overlay records with the file below it."""
    for upper, lower in itertools.pairwise(chain):
        name = upper.name
        should = volume.format if lower.name == volume.file else 'qcow2'
        if upper.backing_format is None:
            yield fault(
                f'overlay {name} records no format for its backing file {lower.name}, '
                'which is then guessed from content that a guest wrote',
                should,
                'no format',
                name,
            )
        elif upper.backing_format != should:
            yield fault(
                f'overlay {name} records format {upper.backing_format} for its backing '
                f'file {lower.name}, which is {should}',
                should,
                upper.backing_format,
                name,
                lower.name,
            )


def _overlays(
    volume: Volume, written: record.Record, chain: tuple[ImageFile, ...]
) -> Iterator[Finding]:
    """See that each file above the base belongs to one snapshot, the newest on top."""
    stacked = [image.name for image in chain[:-1]]
    yield from _astray(volume, written, chain)
    yield from _shared(volume, written)
    for overlay in stacked:
        if overlay not in written.overlays.values():
            yield fault(
                f'overlay {overlay} is in the chain, but the record has no snapshot for it',
                'an entry',
                listed(written.overlays.values()),
                overlay,
            )
    ordered = [
        written.overlays[snapshot.id]
        for snapshot in reversed(volume.snapshots)
        if snapshot.id in written.overlays
    ]
    if sorted(ordered) == sorted(stacked) and ordered != stacked:
        yield fault(
            f'the snapshots of {volume} are in the wrong order in the chain',
            listed(ordered),
            listed(stacked),
            *stacked,
        )


def _astray(
    volume: Volume, written: record.Record, chain: tuple[ImageFile, ...]
) -> Iterator[Finding]:
    """See that each overlay that the record names is one, above another file."""
    stacked = {image.name for image in chain[:-1]}
    for snapshot_id, overlay in sorted(written.overlays.items()):
        if overlay not in stacked:
            yield fault(
                f'the record names {overlay} for snapshot {snapshot_id}, but the chain '
                f'of {written.active} has no such overlay',
                overlay,
                listed(image.name for image in chain),
                volume.file + record.SUFFIX,
            )


def _shared(volume: Volume, written: record.Record) -> Iterator[Finding]:
    """See that no two snapshots have one overlay."""
    owners = collections.defaultdict(list)
    for snapshot_id, overlay in sorted(written.overlays.items()):
        owners[overlay].append(snapshot_id)
    for overlay, snapshots in owners.items():
        if len(snapshots) > 1:
            yield fault(
                f'the record names {overlay} for more than one snapshot: {listed(snapshots)}',
                'an overlay for each snapshot',
                overlay,
                volume.file + record.SUFFIX,
            )


def _sizes(
    volume: Volume, written: record.Record, chain: tuple[ImageFile, ...]
) -> Iterator[Finding]:
    active = chain[0]
    if active.size != volume.data.size:
        yield fault(
            f'active file {active.name} has a virtual size of {active.size} bytes, but '
            f'{volume} is {volume.data.size} bytes in Cinder',
            f'{volume.data.size} bytes',
            f'{active.size} bytes',
            active.name,
        )
    for snapshot in volume.snapshots:
        below = _below(chain, written.overlays.get(snapshot.id))
        if below and snapshot.data and below.size != snapshot.data.size:
            yield fault(
                f'{below.name}, the data of {snapshot}, has a virtual size of '
                f'{below.size} bytes, but the snapshot is {snapshot.data.size}',
                f'{snapshot.data.size} bytes',
                f'{below.size} bytes',
                below.name,
            )


def _below(chain: tuple[ImageFile, ...], overlay: str | None) -> ImageFile | None:
    links = itertools.pairwise(chain)
    return next((lower for upper, lower in links if upper.name == overlay), None)
