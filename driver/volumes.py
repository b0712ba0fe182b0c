# SPDX-License-Identifier: Apache-2.0
"""A volume's files: make, grow, copy, delete.

Every file is prepared under a temporary name and published complete. Reading them is left to
:mod:`driver.reading`, snapshots to :mod:`driver.offline` and :mod:`driver.online`.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Iterable, Iterator

from driver import (
    access,
    advice,
    durable,
    empty_overlay,
    exceptions,
    files,
    locks,
    native,
    qemu_img,
    raw,
    reading,
)
from driver.chain import Chain, Image
from driver.layout import Format, Layout
from driver.luks import Encryption
from driver.records import Record

# How often QEMU may measure how fast it derives keys before it is given up.
_MEASUREMENTS = 50


def create(
    layout: Layout, image_format: Format, size: int, sparse: bool, maker: access.FileMaker
) -> None:
    """Make the base file of a new volume.

    :param size: bytes
    :param sparse: whether a raw file takes room only for what is written
    """
    with new_file(layout, layout.volume, maker) as temporary:
        _shape(temporary, image_format, size, sparse)


def create_encrypted(
    layout: Layout, encryption: Encryption, size: int, sparse: bool, maker: access.FileMaker
) -> None:
    """Make the base file of a new volume, a raw one with a LUKS header and noise after it.

    :param size: bytes, header included: a guest has so much less
    :param sparse: whether it takes room only for what is written
    """
    with new_file(layout, layout.volume, maker) as temporary:
        _make_header(temporary, encryption, maker)
        raw.extend(temporary, size, sparse)


def create_overlay(layout: Layout, name: str, backing: Image, maker: access.FileMaker) -> None:
    """Make an overlay over an image of the volume, of the same virtual size."""
    with new_file(layout, name, maker) as temporary:
        empty_overlay.write(temporary, backing.name, backing.format, backing.virtual_size)


def copy(
    source: pathlib.Path,
    source_format: Format,
    layout: Layout,
    image_format: Format,
    size: int,
    sparse: bool,
    maker: access.FileMaker,
    *,
    held: bool,
) -> None:
    """Make the base file of a new volume from an image with all that backs it.

    :param size: the new volume's size in bytes; beyond the source it reads as zeros
    :param held: the caller keeps everybody from writing to the source, see :func:`at_rest`
    """
    with new_file(layout, layout.volume, maker) as temporary:
        fill(temporary, image_format, size, sparse, source, source_format, held=held)


def fill(
    path: pathlib.Path,
    image_format: Format,
    size: int,
    sparse: bool,
    source: pathlib.Path,
    source_format: Format,
    *,
    held: bool,
) -> None:
    """Have an empty file hold the data of an image with all that backs it.

    :param size: bytes; beyond the source it reads as zeros
    :param sparse: whether a raw file takes room only for what is written
    :param held: the caller keeps everybody from writing to the source
    """
    _shape(path, image_format, size, sparse)
    qemu_img.convert(source, source_format, path, image_format, locking=not held)


def grow(layout: Layout, image: Image, size: int, sparse: bool, *, holes: bool = False) -> None:
    """Grow a file of a volume that nobody has open; one that has the size is fine.

    :param size: new size in bytes
    :param holes: a raw file has some, which take up room from now on if it is not sparse
    :raises FileInUse: somebody has it open
    :raises StateError: it is larger already
    :raises ShareError: there is no room; the file has its old size again
    """
    if image.virtual_size > size:
        raise exceptions.StateError(
            f'{image.name} has {image.virtual_size} bytes already, more than the {size} that it '
            f'is to grow to. Nothing was changed; extend the volume to at least that size.'
        )
    path = layout.path(image.name)
    if image.format is Format.QCOW2:
        _require_free(path)
        qemu_img.resize(path, image.format, size)
    else:
        with locks.claim(path):
            raw.extend(path, size, sparse, holes=holes)
    try:
        durable.sync_file(path)
    except exceptions.ShareError:
        with contextlib.suppress(exceptions.DriverError):  # what went wrong first is what counts
            shrink(layout, image, image.virtual_size)
        raise


def shrink(layout: Layout, image: Image, size: int) -> None:
    """Take back what an extension that never ended has added to an active file.

    :param size: the volume's size in bytes; beyond it no guest has ever written
    :raises FileInUse: somebody has it open
    """
    path = layout.path(image.name)
    if image.format is Format.QCOW2:
        _require_free(path)
        qemu_img.resize(path, image.format, size, shrink=True)
    else:
        with locks.claim(path):
            durable.truncate(path, size)
    durable.sync_file(path)


def delete(layout: Layout, record: Record) -> None:
    """Remove a volume without snapshots; what is gone already is fine.

    :raises StateError: it has snapshots
    :raises FileInUse: somebody has it open
    """
    if record.overlays:
        raise exceptions.StateError(
            f'{layout.volume} still has snapshots, {sorted(record.overlays)}: delete them first. '
            f'Those that Cinder does not list have been unmanaged: manage them, then delete them.'
        )
    for name in (record.active, layout.volume):
        discard(layout, name)
    for name in (record.active, layout.volume, layout.record, layout.journal):
        remove_temporary(layout, layout.temporary(name))
    for name in (layout.restored, layout.replaced(record.active), layout.replaced(layout.volume)):
        remove_temporary(layout, name)
    durable.remove(layout.path(layout.record))


def discard(layout: Layout, name: str) -> None:
    """Remove a file of the volume that nothing refers to any more; one that is gone is fine.

    :raises FileInUse: somebody has it open
    """
    if reading.exists(layout, name):
        _remove_claimed(layout.path(name))


@native.waiting
def _remove_claimed(path: pathlib.Path) -> None:
    # The file is gone, with all that it took up, when it isn't open any more.
    with locks.claim(path):
        durable.remove(path)


def withdraw(layout: Layout, name: str) -> None:
    """Remove an overlay that no guest has taken, so that none takes it at the last moment.

    QEMU opens a file, then locks it, then reads its header: one that has come to open it before
    it is removed finds it empty, and gives up.

    :raises FileInUse: somebody has it open
    """
    if reading.exists(layout, name):
        path = layout.path(name)
        with locks.claim(path):
            durable.truncate(path, 0)
            durable.remove(path)


def remove_temporary(layout: Layout, name: str) -> None:
    """Remove a file that was being prepared; one that is gone is fine."""
    if reading.exists(layout, name):
        durable.remove(layout.path(name))


def require_writable(layout: Layout, names: Iterable[str]) -> None:
    """See that files can be written before any of them is: a merge that stops halfway is worse.

    :raises ShareError: one can't be, with what to change
    """
    for path in map(layout.path, names):
        try:
            with files.opened(path, os.O_RDWR):
                pass
        except OSError as error:
            raise exceptions.ShareError(
                f'Could not write {path}: {error.strerror}. Nothing was changed. '
                f'{advice.on_file(path, error)}'
            ) from error


@contextlib.contextmanager
def at_rest(layout: Layout, found: Chain) -> Iterator[None]:
    """See that nobody writes to a volume, and keep it so during the block.

    :raises FileInUse: somebody has it open
    """
    with locks.keep_unwritten(layout.path(found.active.name)):
        if busy := in_use(layout, found.names[1:]):
            raise exceptions.FileInUse(
                f'{busy} of {layout.volume} are open in a QEMU process that Cinder does not know '
                f'of, so the data may change. Nothing was copied; find the guest ("lslocks", '
                f'"fuser", on each compute host) and repeat.'
            )
        yield


def in_use(layout: Layout, names: Iterable[str]) -> list[str]:
    """Return those of a volume's files that somebody has open."""
    return [name for name in names if locks.holders(layout.path(name)).any]


@contextlib.contextmanager
def new_file(layout: Layout, name: str, maker: access.FileMaker) -> Iterator[pathlib.Path]:
    """Make a file for the block to fill, which has its name, durably, once that has ended well."""
    temporary = layout.path(layout.temporary(name))
    maker.make(temporary)
    try:
        yield temporary
        durable.publish(temporary, layout.path(name))
    except BaseException:
        durable.forget(temporary)
        raise


def _require_free(path: pathlib.Path) -> None:
    """See that nobody has a file open: QEMU would fail like that in words of its own.

    :raises FileInUse: somebody has
    """
    with locks.claim(path):
        pass


def _shape(path: pathlib.Path, image_format: Format, size: int, sparse: bool) -> None:
    if image_format is Format.QCOW2:
        qemu_img.create(path, size)
    else:
        raw.extend(path, size, sparse)


def _make_header(path: pathlib.Path, encryption: Encryption, maker: access.FileMaker) -> None:
    for left in reversed(range(_MEASUREMENTS)):
        try:
            qemu_img.create_luks(path, encryption)
        except qemu_img.Unmeasured:
            if not left:
                raise
            maker.make(path)  # QEMU would make it with a mode of its own
        else:
            return
