# SPDX-License-Identifier: Apache-2.0
"""Snapshots that are copies of a volume's only file: those of encrypted volumes.

Main functions: :func:`take`, :func:`image`, :func:`restore` and :func:`remove`. Nova opens one
LUKS file of a volume and no overlay over it, see ``doc/source/reference/encryption.rst``, so the
volume keeps its file. A copy is whole from the moment at which it has its name; no record names
it. Callers hold the volume's lock.
"""

from __future__ import annotations

import pathlib

from driver import access, exceptions, listing, reading, replacing, volumes
from driver.chain import Chain, Image
from driver.database import VolumeState
from driver.layout import Format, Layout
from driver.records import Record


def take(
    layout: Layout, found: Chain, snapshot_id: str, sparse: bool, maker: access.FileMaker
) -> None:
    """Copy the file of a detached volume.

    :param snapshot_id: what the copy is for
    :param sparse: whether the copy takes room only for what was written
    :raises Unsupported: the volume has other files
    :raises FileInUse: somebody has it open
    :raises ShareError: there is no room; nothing of it is left
    """
    active = only_image(layout, found)
    with (
        volumes.at_rest(layout, found),
        volumes.new_file(layout, layout.copy(snapshot_id), maker) as made,
    ):
        source = layout.path(active.name)
        volumes.fill(made, Format.RAW, active.virtual_size, sparse, source, Format.RAW, held=True)


def is_one(state: VolumeState, record: Record, snapshot_id: str) -> bool:
    """Tell whether a snapshot is, or would have to be, a copy: one in the record is none."""
    return state.encrypted and snapshot_id not in record.overlays


def is_taken(layout: Layout, snapshot_id: str) -> bool:
    """Tell whether there is a copy for a snapshot."""
    return reading.exists(layout, layout.copy(snapshot_id))


def names(layout: Layout) -> list[str]:
    """Return the names of all of a volume's copies.

    That takes a look at every name on the share.

    :raises ShareError: the folder can't be listed
    """
    found = listing.list_folder(layout.folder).volumes.get(layout.volume, ())
    return [name for name in found if layout.is_copy(name)]


def image(layout: Layout, snapshot_id: str) -> Image:
    """Return the copy that a snapshot is.

    :raises StateError: there is none
    """
    name = layout.copy(snapshot_id)
    if not reading.exists(layout, name):
        raise exceptions.StateError(
            f'Snapshot {snapshot_id} of {layout.volume}, which is encrypted, should be '
            f'{layout.path(name)}, which is not there. Nothing was changed; bring the file back, '
            f'or delete the snapshot.'
        )
    return Image(name, Format.RAW, reading.length(layout.path(name)))


def restore(
    layout: Layout,
    found: Chain,
    snapshot_id: str,
    size: int,
    sparse: bool,
    maker: access.FileMaker,
) -> None:
    """Give a detached volume the data of a snapshot again.

    Whatever dies meanwhile, it has all of its old data or all of that.

    :param size: of the volume, in bytes
    :raises Unsupported: the volume has other files
    :raises StateError: there is no copy for it
    :raises FileInUse: somebody has the volume open
    """
    active = only_image(layout, found)
    source = layout.path(image(layout, snapshot_id).name)

    def fill(made: pathlib.Path) -> None:
        volumes.fill(made, Format.RAW, size, sparse, source, Format.RAW, held=False)

    replacing.replace_only(layout, active, fill, size, sparse, maker)


def only_image(layout: Layout, found: Chain) -> Image:
    """Return a volume's only file.

    :raises Unsupported: it has others, made by whoever had it before, or it is no raw one
    """
    if len(found.images) > 1 or found.active.format is not Format.RAW:
        raise exceptions.Unsupported(
            f'{layout.volume} is encrypted and not one raw file: {", ".join(found.names)}. '
            f'Nothing was changed; delete its snapshots, or have a guest copy its data to a new '
            f'volume of that type.'
        )
    return found.active


def remove(layout: Layout, snapshot_id: str) -> None:
    """Delete a snapshot, attached or not is its volume; one that is gone already is fine.

    :raises FileInUse: somebody has the copy open
    """
    name = layout.copy(snapshot_id)
    volumes.remove_temporary(layout, layout.temporary(name))
    volumes.discard(layout, name)
