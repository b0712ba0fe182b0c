# SPDX-License-Identifier: Apache-2.0
"""Reads a volume's files: which are there, what their headers say, whether they hold data.

Main function: :func:`read_chain`. Nothing is changed here; that is left to :mod:`driver.volumes`.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import pathlib
from collections.abc import Iterator

from driver import advice, chain, exceptions, files, qcow2
from driver.chain import Chain, Image
from driver.layout import Format, Layout

# Bytes that nearly all headers end within, QEMU's table of feature names included. They are what
# the memory below is asked by, so more would make that larger and slower.
_USUAL_HEADER = 1024

# Each operation reads the whole chain, and what the same bytes mean does not change.
_parse_usual = functools.lru_cache(maxsize=2048)(qcow2.parse)


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
    with opened(layout.path(name)) as handle:
        # What is wrong with a header that is cut off is no more than that.
        try:
            return _parse_usual(files.read_at(handle, 0, _USUAL_HEADER), name)
        except exceptions.ImageError:
            return qcow2.parse(files.read_at(handle, 0, qcow2.HEADER_BYTES), name)


def virtual_size(layout: Layout, image: Image) -> int:
    """Return the size in bytes that a guest sees of an image, as the file says now.

    :raises ChainError: the file is missing
    :raises ImageError: the header is damaged or hostile
    """
    return _inspect(layout, image.name, image.format).virtual_size


def length(path: pathlib.Path) -> int:
    """Return how many bytes one of a volume's files has.

    :raises ChainError: it is missing, or can't be read
    """
    with opened(path) as handle:
        return os.fstat(handle).st_size


def links(path: pathlib.Path) -> int:
    """Return how many names one of a volume's files has.

    :raises ChainError: it is missing, or can't be read
    """
    with opened(path) as handle:
        return os.fstat(handle).st_nlink


def holds_data(layout: Layout, name: str) -> bool:
    """Tell whether anything was ever written to an overlay; an empty file is one withdrawn.

    :raises ChainError: the file is missing
    :raises ImageError: the header is damaged or hostile
    """
    path = layout.path(name)
    with opened(path) as handle:
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
        return Image(name, image_format, length(layout.path(name)))
    header = read_header(layout, name)
    if header.encrypted:
        raise exceptions.Unsupported(f'{name} is encrypted, which this driver does not do.')
    return Image(
        name, image_format, header.virtual_size, header.backing_file, header.backing_format
    )


@contextlib.contextmanager
def opened(path: pathlib.Path) -> Iterator[int]:
    """Open one of a volume's files to read; yields its descriptor.

    :raises ChainError: it is missing, or can't be read
    """
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
