# SPDX-License-Identifier: Apache-2.0
"""A volume's files: read, make, grow, copy, delete.

Every file is prepared under a temporary name and published complete. Snapshots are left to
:mod:`driver.offline` and :mod:`driver.online`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib
from collections.abc import Iterable, Iterator

from oslo_concurrency import processutils

from driver import access, advice, chain, durable, exceptions, files, locks, qcow2, qemu_img
from driver.chain import Chain, Image
from driver.layout import Format, Layout
from driver.records import Record


def read_chain(layout: Layout, active: str, active_format: Format, largest: int) -> Chain:
    """Read the headers of a volume's files, from the active one down.

    :param active_format: the format that Cinder's database has for the active file
    :param largest: size in bytes that no header may exceed: a guest can have written a header
        with a larger one
    :raises ChainError: a file is missing, or not one of the volume
    :raises ImageError: a header is damaged or hostile
    """
    found = chain.follow(
        layout, active, active_format, lambda name, form: _inspect(layout, name, form)
    )
    for image in found.images:
        if image.format is Format.QCOW2 and image.virtual_size > largest:
            raise exceptions.ImageError(
                f'{image.name} claims {image.virtual_size} bytes, the volume has {largest}. A '
                f'guest may have written that header, or somebody who can write to the share, so '
                f'it is not attached, copied or changed.'
            )
    return found


def read_header(layout: Layout, name: str) -> qcow2.Header:
    """Read the header of one of the volume's qcow2 files.

    :raises ChainError: the file is missing
    :raises ImageError: the header is damaged or hostile
    """
    with _reading(layout.path(name)) as handle:
        return qcow2.parse(files.read_at(handle, 0, qcow2.HEADER_BYTES), name)


def holds_data(layout: Layout, name: str) -> bool:
    """Tell whether anything was ever written to an overlay; an empty file is one withdrawn.

    :raises ChainError: the file is missing
    :raises ImageError: the header is damaged or hostile
    """
    path = layout.path(name)
    with _reading(path) as handle:
        start = files.read_at(handle, 0, qcow2.HEADER_BYTES)
        if not start:
            return False
        header = qcow2.parse(start, name)
        table = files.read_at(handle, header.l1_offset, header.l1_entries * 8)
    if len(table) < header.l1_entries * 8:
        raise exceptions.ImageError(
            f'{name} ends before its table of clusters does, so that nobody can tell whether it '
            f'holds data. Nothing was changed; look at it with "qemu-img check -f qcow2".'
        )
    return any(table)


def is_gone(layout: Layout) -> bool:
    """Tell whether neither base nor record of a volume is on the share."""
    return not any(exists(layout, name) for name in (layout.volume, layout.record))


def exists(layout: Layout, name: str) -> bool:
    """Tell whether one of a volume's files is there.

    :raises ShareError: it can't be told, which is not to be taken for a no
    """
    path = layout.path(name)
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise exceptions.ShareError(
            f'Could not look for {path}: {error.strerror}. {advice.on_file(path, error)} '
            f'Then repeat.'
        ) from error
    return True


def _inspect(layout: Layout, name: str, image_format: Format) -> Image:
    if image_format is Format.RAW:
        with _reading(layout.path(name)) as handle:
            return Image(name, image_format, os.fstat(handle).st_size)
    header = read_header(layout, name)
    if header.encrypted:
        raise exceptions.Unsupported(f'{name} is encrypted, which this driver does not do.')
    return Image(
        name, image_format, header.virtual_size, header.backing_file, header.backing_format
    )


@contextlib.contextmanager
def _reading(path: pathlib.Path) -> Iterator[int]:
    try:
        with files.opened(path) as handle:
            yield handle
    except OSError as error:
        raise exceptions.ChainError(
            f'Could not read {path}: {error.strerror}. Nothing was changed. {_remedy(path, error)}'
        ) from error


def _remedy(path: pathlib.Path, error: OSError) -> str:
    if error.errno != errno.ENOENT:
        return advice.on_file(path, error)
    return (
        'The volume needs this file: bring it back, then repeat. If its data is gone for good, '
        'take all files of the volume off the share; then its snapshots and the volume can be '
        'deleted.'
    )


def create(
    layout: Layout, image_format: Format, size: int, sparse: bool, maker: access.FileMaker
) -> None:
    """Make the base file of a new volume.

    :param size: bytes
    :param sparse: whether a raw file takes room only for what is written
    """
    with _new_file(layout, layout.volume, maker) as temporary:
        _shape(temporary, image_format, size, sparse)


def create_overlay(layout: Layout, name: str, backing: Image, maker: access.FileMaker) -> None:
    """Make an overlay over an image of the volume, of the same virtual size."""
    with _new_file(layout, name, maker) as temporary:
        qemu_img.create_overlay(temporary, backing.name, backing.format, backing.virtual_size)


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
    with _new_file(layout, layout.volume, maker) as temporary:
        _shape(temporary, image_format, size, sparse)
        qemu_img.convert(source, source_format, temporary, image_format, locking=not held)


def grow(layout: Layout, image: Image, size: int, sparse: bool) -> None:
    """Grow the active file of a volume that nobody has open; one that has the size is fine.

    :param size: new size in bytes
    :raises FileInUse: somebody has it open
    :raises ShareError: there is no room; the file has its old size again
    """
    path = layout.path(image.name)
    if image.format is Format.QCOW2:
        qemu_img.resize(path, image.format, size)
    else:
        with locks.claim(path):
            _extend_raw(path, size, sparse)
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
            f'{layout.volume} still has snapshots, {sorted(record.overlays)}: delete them first.'
        )
    for name in (record.active, layout.volume):
        discard(layout, name)
    for name in (record.active, layout.volume, layout.record, layout.journal):
        remove_temporary(layout, layout.temporary(name))
    durable.remove(layout.path(layout.record))


def discard(layout: Layout, name: str) -> None:
    """Remove a file of the volume that nothing refers to any more; one that is gone is fine.

    :raises FileInUse: somebody has it open
    """
    if exists(layout, name):
        path = layout.path(name)
        with locks.claim(path):
            durable.remove(path)


def withdraw(layout: Layout, name: str) -> None:
    """Remove an overlay that no guest has taken, so that none takes it at the last moment.

    QEMU opens a file, then locks it, then reads its header: one that has come to open it before
    it is removed finds it empty, and gives up.

    :raises FileInUse: somebody has it open
    """
    if exists(layout, name):
        path = layout.path(name)
        with locks.claim(path):
            durable.truncate(path, 0)
            durable.remove(path)


def remove_temporary(layout: Layout, name: str) -> None:
    """Remove a file that was being prepared; one that is gone is fine."""
    if exists(layout, name):
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
def _new_file(layout: Layout, name: str, maker: access.FileMaker) -> Iterator[pathlib.Path]:
    temporary = layout.path(layout.temporary(name))
    maker.make(temporary)
    try:
        yield temporary
        durable.publish(temporary, layout.path(name))
    except BaseException:
        with contextlib.suppress(OSError):  # what went wrong first is what counts
            temporary.unlink(missing_ok=True)
        raise


def _shape(path: pathlib.Path, image_format: Format, size: int, sparse: bool) -> None:
    if image_format is Format.QCOW2:
        qemu_img.create(path, size)
    else:
        _extend_raw(path, size, sparse)


def _extend_raw(path: pathlib.Path, size: int, sparse: bool) -> None:
    start = _length(path)
    try:
        if sparse:
            _truncate(path, size)
        elif size > start:
            # A process of its own: where the share can't allocate, zeros are written instead,
            # and cinder-volume has to go on meanwhile.
            room = ('-x', '-o', str(start), '-l', str(size - start))
            processutils.execute('fallocate', *room, str(path))
            # Some releases of that tool report success whatever happened.
            if _length(path) < size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except (OSError, processutils.ProcessExecutionError) as error:
        with contextlib.suppress(OSError):
            _truncate(path, start)
        raise exceptions.ShareError(
            f'Could not give {path} its {size} bytes: {error}. Make room on the share.'
        ) from error


def _length(path: pathlib.Path) -> int:
    with _reading(path) as handle:
        return os.fstat(handle).st_size


def _truncate(path: pathlib.Path, size: int) -> None:
    with files.opened(path, os.O_RDWR) as handle:
        os.ftruncate(handle, size)
