# SPDX-License-Identifier: Apache-2.0
"""Reads the content of an image, at rest or in use.

Main class: :class:`Reader`. ``qemu-img convert`` writes a sparse raw copy, whose data extents are
then decoded block by block: blocks that aren't listed are zeros, so the answer covers every byte.
Of what is noise where nobody has written, some blocks are read alone.
"""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from nova_assist.accounts import Account
from nova_assist.checks import commands, errors
from nova_assist.checks.pattern import BLOCK_SIZE, Content, Decoder

_CHUNK = 256 * BLOCK_SIZE
_ZEROS = bytes(BLOCK_SIZE)

#: A line of what ``qemu-io`` prints of data: offset, bytes, and the same as text.
_DUMPED = re.compile(r'^(?:qemu-io> )?[0-9a-f]{8,}:  ((?:[0-9a-f]{2} )+)', re.MULTILINE)


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
            opened = ('-f', source.format, '-O', 'raw', source.location)
            self._run('qemu-img', 'convert', '-U', *opened, name)
            return self._decode(name)
        except OSError as error:
            message = f'reading the copy of {source.location} failed: {error}'
            raise errors.CheckError(message) from error
        finally:
            os.unlink(name)

    def read_some(self, source: ImageSource, blocks: Iterable[int]) -> ImageContent:
        """Read some blocks of an image, as far as it has them; of the others nothing is said.

        :raises errors.CheckError: if QEMU can't read it
        """
        opened = ('-f', source.format, source.location)
        told = self._run('qemu-img', 'info', '-U', '--output=json', *opened)
        size = int(json.loads(told)['virtual-size'])
        wanted = [block for block in sorted(blocks) if block * BLOCK_SIZE < size]
        requests = [f'read -v {block * BLOCK_SIZE} {BLOCK_SIZE}' for block in wanted]
        words = [word for request in requests for word in ('-c', request)]
        dump = self._run('qemu-io', '-r', '-U', *words, *opened) if wanted else ''
        data = bytes.fromhex(''.join(_DUMPED.findall(dump)))
        if len(data) != len(wanted) * BLOCK_SIZE:
            raise errors.CheckError(f'reading {len(wanted)} blocks of {source.location}: {dump}')
        parts = (data[place : place + BLOCK_SIZE] for place in range(0, len(data), BLOCK_SIZE))
        return ImageContent(
            size,
            {
                block: self._pattern.decode(part)
                for block, part in zip(wanted, parts, strict=True)
                if part != _ZEROS
            },
        )

    def _run(self, *words: str) -> str:
        return commands.run(*words, account=self._account)

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
