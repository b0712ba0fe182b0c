# SPDX-License-Identifier: Apache-2.0
"""Reads the whole content of an image, at rest or in use.

Main class: :class:`Reader`. ``qemu-img convert`` writes a sparse raw copy, whose data extents are
then decoded block by block: blocks that aren't listed are zeros, so the answer covers every byte.
"""

from __future__ import annotations

import dataclasses
import errno
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from nova_assist.accounts import Account
from nova_assist.checks import commands, errors
from nova_assist.checks.pattern import BLOCK_SIZE, Content, Decoder

_CHUNK = 256 * BLOCK_SIZE
_ZEROS = bytes(BLOCK_SIZE)


@dataclasses.dataclass(frozen=True)
class ImageSource:
    """Where an image is read: a path or an NBD address, and the format to open it with."""

    location: str
    format: str


@dataclasses.dataclass(frozen=True)
class ImageContent:
    """What an image holds: its size in bytes and every block that isn't all zeros."""

    size: int
    blocks: Mapping[int, Content]


class Reader:
    """Reads images for one run."""

    def __init__(self, scratch: Path, pattern: Decoder, account: Account | None = None) -> None:
        """Take the folder for raw copies (best on tmpfs) and what knows the blocks of the run.

        :param account: whom to read as, if not as ourselves
        """
        self._scratch = scratch
        self._pattern = pattern
        self._account = account

    def read(self, source: ImageSource) -> ImageContent:
        """Read an image in full; an image that others have open is read as it stands.

        :raises errors.CheckError: if QEMU can't read it
        """
        handle, name = tempfile.mkstemp(suffix='.raw', dir=self._scratch)
        os.close(handle)
        try:
            commands.run(
                'qemu-img',
                'convert',
                '-U',
                '-f',
                source.format,
                '-O',
                'raw',
                source.location,
                name,
                account=self._account,
            )
            return self._decode(name)
        except OSError as error:
            message = f'reading the copy of {source.location} failed: {error}'
            raise errors.CheckError(message) from error
        finally:
            os.unlink(name)

    def _decode(self, path: str) -> ImageContent:
        with open(path, 'rb') as image:
            size = os.fstat(image.fileno()).st_size
            blocks = {
                number: self._pattern.decode(data)
                for start, end in _data_extents(image.fileno(), size)
                for number, data in _blocks(image.fileno(), start, end)
                if data != _ZEROS[: len(data)]
            }
        return ImageContent(size, blocks)


def _data_extents(handle: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield the extents of a file that may hold data, widened to whole blocks."""
    position = 0
    while position < size:
        try:
            start = os.lseek(handle, position, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole from here on
                return
            raise
        end = os.lseek(handle, start, os.SEEK_HOLE)
        start -= start % BLOCK_SIZE
        position = min(size, end + -end % BLOCK_SIZE)
        yield start, position


def _blocks(handle: int, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    for offset in range(start, end, _CHUNK):
        chunk = os.pread(handle, min(_CHUNK, end - offset), offset)
        for place in range(0, len(chunk), BLOCK_SIZE):
            yield (offset + place) // BLOCK_SIZE, chunk[place : place + BLOCK_SIZE]
