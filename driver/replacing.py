# SPDX-License-Identifier: Apache-2.0
"""Puts a new file in the place of one of a volume's, whose data goes, whatever dies meanwhile.

Main functions: :func:`replace_overlay` and :func:`replace_only`. Making files is left to
:mod:`driver.volumes`.
"""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Callable, Iterator

from driver import access, durable, exceptions, locks, qemu_img, reading, volumes
from driver.chain import Image
from driver.layout import Layout


def replace_overlay(
    layout: Layout, name: str, backing: Image, size: int, maker: access.FileMaker
) -> None:
    """Put an empty overlay in the place of another one, whose data goes.

    Who comes to open the old one before it is replaced finds it empty, see
    :func:`driver.volumes.withdraw`.

    :param size: virtual size in bytes
    :raises FileInUse: somebody has it open
    """
    with _set_aside(layout, name) as old:
        with volumes.new_file(layout, name, maker) as temporary:
            qemu_img.create_overlay(temporary, backing.name, backing.format, size)
        durable.truncate(old, 0)


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
        old.enter_context(_set_aside(layout, image.name))


@contextlib.contextmanager
def _set_aside(layout: Layout, name: str) -> Iterator[pathlib.Path]:
    """Keep everybody out of a file that is replaced within the block; yields its other name.

    It is claimed by that name: an NFS client that is to replace an open file gives that another
    name first (``nfs_rename`` of Linux), and a death in between would leave no file at all.

    :raises FileInUse: somebody has it open
    """
    old = layout.temporary(f'{name}.replaced')
    durable.link(layout.path(name), layout.path(old))
    try:
        with locks.claim(layout.path(old)):
            yield layout.path(old)
    finally:
        volumes.remove_temporary(layout, old)
