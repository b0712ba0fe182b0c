# SPDX-License-Identifier: Apache-2.0
"""Restoring a backup to a volume: what cinder-backup writes, and how the volume takes it in.

Main functions: :func:`begin` and :func:`end`. cinder-backup empties the file that it is led to,
then writes raw data to it, whatever the volume's format and its snapshots. So it gets a raw file
beside the volume's own, and the volume has its old data until cinder-backup has ended. How files
change is left to :mod:`driver.volumes` and :mod:`driver.replacing`. Callers hold the volume's
lock.
"""

from __future__ import annotations

from driver import durable, exceptions, reading, replacing, volumes, wrapping
from driver.chain import Image
from driver.database import VolumeState
from driver.layout import Format, Layout
from driver.opening import Opened, Opener

#: States in which cinder-backup, and nobody else, has a volume attached to write to it: a volume
#: that is created from a backup has none of its own for that.
STATES = ('restoring-backup', 'creating')


def begin(opener: Opener, state: VolumeState) -> Image:
    """Return the empty file that cinder-backup is to write to.

    :raises StateError: a guest may have the volume open
    :raises DriverError: the volume can't be opened, so it could not take in anything either
    """
    if state.attached:
        raise exceptions.StateError(
            f'Volume {state.id} is attached, so no backup is restored to it. Nothing was changed; '
            f'detach it, then repeat.'
        )
    layout = opener.layout(state.share, state.name)
    # cinder-backup has this attempt ended even if it fails here, which must not take in what
    # another one has left.
    discard(layout)
    opener.open(state)
    opener.maker.make(layout.path(layout.restored))
    return Image(layout.restored, Format.RAW, 0)


def end(opener: Opener, state: VolumeState) -> None:
    """Have a volume take in what cinder-backup has written; after a crash it has the old or new.

    If nothing was written, as when cinder-backup could not open the file, it keeps what it has.

    :raises StateError: what was written is gone, or is larger than the volume
    :raises FileInUse: somebody has the volume open
    """
    opened = opener.open(state)
    layout = opened.layout
    if not reading.exists(layout, layout.restored):
        raise exceptions.StateError(
            f'{layout.restored}, to which a backup was restored, is gone. Volume {state.id} was '
            f'left as it is; restore the backup again.'
        )
    written = reading.length(layout.path(layout.restored))
    if written:
        with replacing.superseded(layout, opened.chain.active.name):
            _take_in(opener, opened, written, opened.size)
    discard(layout)


def discard(layout: Layout) -> None:
    """Remove what a restoration that never ended has left; nothing left is fine."""
    volumes.remove_temporary(layout, layout.restored)


def _take_in(opener: Opener, opened: Opened, written: int, size: int) -> None:
    layout, active = opened.layout, opened.chain.active
    sparse = opener.settings.sparse or active.format is Format.QCOW2
    volumes.grow(layout, Image(layout.restored, Format.RAW, written), size, sparse, holes=True)
    path = layout.path(layout.restored)
    if active.format is Format.QCOW2:
        wrapping.wrap(path, active.backing, active.backing_format)
    durable.publish(path, layout.path(active.name))
