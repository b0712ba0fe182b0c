# SPDX-License-Identifier: Apache-2.0
"""A volume's backing chain as a value, and what deleting a snapshot does to it. Pure.

Main classes: :class:`Chain`, and the plans :class:`OfflineMerge` and :class:`OnlineMerge`.
Carrying a plan out is left to :mod:`driver.offline` and :mod:`driver.online`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from driver import exceptions
from driver.layout import Format, Layout
from driver.records import Record


@dataclasses.dataclass(frozen=True)
class Image:
    """One file of a chain.

    :ivar virtual_size: size that a guest sees, in bytes
    :ivar backing: name of the backing file, or None
    :ivar backing_format: format of the backing file as recorded in this file, or None
    """

    name: str
    format: Format
    virtual_size: int
    backing: str | None = None
    backing_format: str | None = None


@dataclasses.dataclass(frozen=True)
class Chain:
    """The files of a volume from the active one down to the base."""

    images: tuple[Image, ...]

    @property
    def active(self) -> Image:
        """The file that a guest uses."""
        return self.images[0]

    @property
    def base(self) -> Image:
        """The file at the bottom."""
        return self.images[-1]

    @property
    def names(self) -> tuple[str, ...]:
        """The files' names, active file first."""
        return tuple(image.name for image in self.images)

    def find(self, name: str) -> Image | None:
        """Return the image of that name, or None."""
        return next((image for image in self.images if image.name == name), None)

    def above(self, name: str) -> Image | None:
        """Return the image whose backing file is ``name``, or None."""
        return next((image for image in self.images if image.backing == name), None)


def follow(
    layout: Layout, active: str, active_format: Format, inspect: Callable[[str, Format], Image]
) -> Chain:
    """Follow backing files from the active one down.

    Formats come from the database (active file) and from the overlays (all others), never from
    looking at the data: a guest can write a qcow2 header into a raw volume (bug 1350504).

    :param inspect: reads one file's header as an image of the format given
    :raises ChainError: a file is named twice, or has no recorded format
    :raises ImageError: a header leads out of the volume's own files
    """
    images = [inspect(active, active_format)]
    seen = {active}
    while (backing := images[-1].backing) is not None:
        upper = images[-1]
        if not layout.owns(backing):
            raise exceptions.ImageError(
                f'{upper.name} names {backing!r} as its backing file, which is no file of '
                f'{layout.volume}. Nothing was opened or changed.'
            )
        if backing in seen:
            raise exceptions.ChainError(
                f'The backing chain of {layout.volume} comes back to {backing}. Nothing was '
                f'changed; "qemu-img info -U" of each file shows which names a wrong one.'
            )
        if upper.backing_format not in (Format.RAW.value, Format.QCOW2.value):
            raise exceptions.ChainError(
                f'{upper.name} records {upper.backing_format!r} as the format of {backing}: '
                f'neither raw nor qcow2. Record it, as one line: '
                f'qemu-img rebase -u -f qcow2 -b {backing} -F FORMAT {upper.name}'
            )
        seen.add(backing)
        images.append(inspect(backing, Format(upper.backing_format)))
    return Chain(tuple(images))


def check(layout: Layout, record: Record, chain: Chain) -> None:
    """See that record and chain tell the same story: one overlay a snapshot, all of them linked.

    :raises ChainError: they don't
    """
    if not _agree(record, chain):
        raise exceptions.ChainError(
            f'Record and files of {layout.volume} disagree: the record has a snapshot before '
            f'each of {sorted(record.overlays.values())}, the overlays linked from '
            f'{chain.active.name} are {_linked(chain)}. Nothing was changed. Compare '
            f'{layout.record} with '
            f'"qemu-img info -U --backing-chain {chain.active.name}" in {layout.folder}.'
        )


def _agree(record: Record, chain: Chain) -> bool:
    return sorted(record.overlays.values()) == _linked(chain)


def _linked(chain: Chain) -> list[str]:
    return sorted(image.name for image in chain.images if image.backing is not None)


@dataclasses.dataclass(frozen=True)
class OfflineMerge:
    """Commit an overlay into its backing file; used while nobody has the volume open.

    :ivar overlay: the file to commit and then remove
    :ivar lower: its backing file
    :ivar upper: the overlay to rebase from ``overlay`` to ``lower``, if there is one
    :ivar record: the record afterwards
    :ivar resizes: whether ``lower`` gets another size by that
    """

    overlay: str
    lower: Image
    upper: str | None
    record: Record
    resizes: bool


@dataclasses.dataclass(frozen=True)
class OnlineMerge:
    """What to ask of Nova, and how the files have to look when it has been done.

    :ivar file_to_merge: as in the request's ``delete_info``
    :ivar merge_target: as in the request's ``delete_info``
    :ivar rebased: the overlay whose backing file changes
    :ivar new_backing: its backing file afterwards, or None
    :ivar removed: the file that nothing needs afterwards
    :ivar record: the record afterwards
    """

    file_to_merge: str | None
    merge_target: str | None
    rebased: str
    new_backing: str | None
    removed: str
    record: Record

    @property
    def spares_active(self) -> bool:
        """Whether the merge would leave the active file alone if it were done offline too."""
        return self.merge_target is not None


def plan_offline_merge(record: Record, chain: Chain, snapshot_id: str) -> OfflineMerge:
    """Plan the deletion of a snapshot of a volume that nobody has open.

    :raises ChainError: the snapshot's overlay has no place in the chain
    """
    overlay, lower = _pair(record, chain, snapshot_id)
    upper = chain.above(overlay.name)
    after = record.without_snapshot(snapshot_id)
    return OfflineMerge(
        overlay=overlay.name,
        lower=lower,
        upper=upper.name if upper else None,
        record=after if upper else after.with_active(lower.name),
        resizes=overlay.virtual_size != lower.virtual_size,
    )


def plan_online_merge(record: Record, chain: Chain, snapshot_id: str) -> OnlineMerge:
    """Plan the deletion of a snapshot of an attached volume: pull or commit, as Nova can.

    The active file stays the active file. Its snapshot is deleted by pulling the file below
    into it; any other by committing its overlay down.

    :raises ChainError: the snapshot's overlay has no place in the chain
    """
    overlay, lower = _pair(record, chain, snapshot_id)
    after = record.without_snapshot(snapshot_id)
    upper = chain.above(overlay.name)
    if upper is None:
        return OnlineMerge(
            file_to_merge=lower.backing,
            merge_target=None,
            rebased=overlay.name,
            new_backing=lower.backing,
            removed=lower.name,
            # The next older snapshot's overlay was the file now pulled into the active one.
            record=after.moved(lower.name, overlay.name),
        )
    return OnlineMerge(
        file_to_merge=overlay.name,
        merge_target=lower.name,
        rebased=upper.name,
        new_backing=lower.name,
        removed=overlay.name,
        record=after,
    )


def finished_merge(record: Record, chain: Chain, snapshot_id: str) -> Record | None:
    """Return the record after the deletion of a snapshot if the headers show that it has ended.

    Only for a deletion known to have begun: the same headers can be the end of another one.
    """
    overlay = record.overlays.get(snapshot_id)
    if overlay is None:
        return None
    after = record.without_snapshot(snapshot_id)
    if overlay == chain.active.name:
        # It was pulled: an older snapshot's overlay has gone into the active file.
        for pulled in set(after.overlays.values()) - set(chain.names):
            after = after.moved(pulled, overlay)
    return after if _agree(after, chain) else None


def snapshot_image(record: Record, chain: Chain, snapshot_id: str) -> Image:
    """Return the file that holds a snapshot's data.

    :raises ChainError: the snapshot's overlay has no place in the chain
    """
    return _pair(record, chain, snapshot_id)[1]


def plan_revert(record: Record, chain: Chain, snapshot_id: str) -> Image:
    """Return the file that an empty overlay has to lie on to revert a volume to a snapshot.

    :raises StateError: it is not the newest one: its overlay is not the active file
    :raises ChainError: its overlay has no place in the chain
    """
    overlay, lower = _pair(record, chain, snapshot_id)
    if overlay.name != chain.active.name:
        raise exceptions.StateError(
            f'{overlay.name}, the overlay of snapshot {snapshot_id}, is not the active file '
            f'{chain.active.name}: a newer snapshot lies above it. Nothing was changed; delete '
            f'that one first, or create a volume from the older one.'
        )
    return lower


def _pair(record: Record, chain: Chain, snapshot_id: str) -> tuple[Image, Image]:
    name = record.overlays.get(snapshot_id)
    overlay = chain.find(name) if name else None
    lower = chain.find(overlay.backing) if overlay and overlay.backing else None
    if overlay is None or lower is None:
        raise exceptions.ChainError(
            f'Snapshot {snapshot_id} is recorded with the overlay {name}, which is not linked '
            f'from {chain.active.name} by a backing file. Nothing was changed.'
        )
    return overlay, lower
