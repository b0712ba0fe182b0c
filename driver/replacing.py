# SPDX-License-Identifier: Apache-2.0
"""Puts a new file in the place of one of a volume's, whose data goes, whatever dies meanwhile.

Main functions: :func:`replace_overlay`, :func:`replace_only`, and :func:`superseded`, for files
that are made elsewhere. Making files is left to :mod:`driver.volumes`.
"""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Callable, Iterator

from driver import access, durable, empty_overlay, exceptions, locks, reading, volumes
from driver.chain import Image
from driver.layout import Layout


def replace_overlay(
    layout: Layout, name: str, backing: Image, size: int, maker: access.FileMaker
) -> None:
    """Put an empty overlay in the place of another one, whose data goes.

    :param size: virtual size in bytes
    :raises FileInUse: somebody has it open
    """
    with superseded(layout, name), volumes.new_file(layout, name, maker) as temporary:
        empty_overlay.write(temporary, backing.name, backing.format, size)


def replace_only(
    layout: Layout,
    image: Image,
    fill: Callable[[pathlib.Path], None],
    size: int,
    sparse: bool,
    maker: access.FileMaker,
) -> None:
    """Put a new file of the same format in the place of a volume's only one.

    :param fill: writes the data into an existing empty file, in the image's format
    :param size: the volume's size in bytes; beyond the data it reads as zeros
    :raises FileInUse: somebody has the old file open
    :raises ImageError: what was written is no image of a volume
    """
    with locks.claim(layout.path(image.name)):
        pass  # refused before anything is written
    with contextlib.ExitStack() as old, volumes.new_file(layout, image.name, maker) as temporary:
        fill(temporary)
        made = reading.read_chain(layout, temporary.name, image.format, size).active
        if made.backing is not None:
            raise exceptions.ImageError(
                f'{made.name}, made of an image, names {made.backing!r} as its backing file. It '
                f'was removed; find out who else writes to {layout.folder}.'
            )
        volumes.grow(layout, made, size, sparse)
        old.enter_context(superseded(layout, image.name))


@contextlib.contextmanager
def superseded(layout: Layout, name: str) -> Iterator[None]:
    """Keep every QEMU out of a file while the block publishes another one in its place.

    Who comes to open the old one before that finds it empty, see :func:`driver.volumes.withdraw`.
    It is claimed by a second name: an NFS client that is to replace an open file gives that
    another name first (``nfs_rename`` of Linux), and a death in between would leave no file at
    all.

    :raises FileInUse: somebody has it open
    """
    path, old = layout.path(name), layout.path(layout.replaced(name))
    durable.link(path, old)
    try:
        with locks.claim(old):
            yield
            if not old.samefile(path):  # what was not replaced keeps its data
                durable.truncate(old, 0)
    finally:
        durable.remove(old)
