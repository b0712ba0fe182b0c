# SPDX-License-Identifier: Apache-2.0
"""The data judge: does every image hold what was written, and nothing else?

Main class: :class:`DataJudge`. The comparing functions, :func:`compare` and :func:`settle`, are
pure. A snapshot or a clone taken while a guest was writing has to equal the disk at one moment
between its request and its return; the first look settles which, and later looks hold it to that.
An encrypted volume's data is seen only while a guest has it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from nova_assist.checks import errors, luks
from nova_assist.checks.look import Look
from nova_assist.checks.model import Exactly, Within
from nova_assist.checks.pattern import BLOCK_SIZE, Content, Foreign, Write
from nova_assist.checks.reader import ImageContent, ImageSource, Reader
from nova_assist.checks.scene import Scene, Snapshot, Volume
from nova_assist.reports.model import Finding, Verdict

NAME = 'data'


@dataclasses.dataclass(frozen=True)
class Difference:
    """Where an image isn't what it should be, in words."""

    where: str
    expected: str
    found: str


class DataJudge:
    """Reads every image of a scene in full and compares it with its model.

    ``settled`` maps each volume and snapshot that was found right to what it holds.
    """

    name = NAME

    def __init__(self, reader: Reader) -> None:
        """Take the reader, which knows the pattern of the run."""
        self._reader = reader
        self.settled: dict[str, Exactly] = {}

    def judge(self, scene: Scene, looks: Mapping[str, Look]) -> Iterator[Finding]:
        """Yield what is wrong with the data of the scene's volumes and snapshots."""
        for volume in scene.volumes:
            seen = looks[volume.id]
            yield from self._active(volume, seen)
            for snapshot in volume.snapshots:
                # What is in the copy of an encrypted volume shows a volume that is made of it.
                if snapshot.status == 'available' and not volume.encrypted:
                    yield from self._snapshot(volume, snapshot, seen)

    def _active(self, volume: Volume, seen: Look) -> Iterator[Finding]:
        if volume.encrypted and volume.guest is None:
            return
        try:
            if volume.guest is not None:
                source, file = volume.guest.source, volume.guest.chain[0]
            else:
                file = seen.record.active
                source = ImageSource(str(seen.share / file), seen.active_format)
            content = (
                self._decrypted(seen, source) if volume.encrypted else self._reader.read(source)
            )
        except errors.CheckError as error:
            yield _unknown(f"the data of {volume} can't be read", error)
            return
        fault = f"{volume} doesn't hold what was written"
        settled, differences = settle(content, volume.data)
        if settled is not None:
            self.settled[volume.id] = settled
        yield from _findings(fault, differences, file)

    def _decrypted(self, seen: Look, source: ImageSource) -> ImageContent:
        """Read what was written to an encrypted volume from its guest's disk.

        Elsewhere there is noise; the disk is smaller than the volume by the header.
        """
        data = seen.volume.data
        written = data.blocks if isinstance(data, Exactly) else data.history.written_blocks()
        found = self._reader.read_some(source, written)
        header = luks.header_size(seen.share / seen.volume.file) or 0
        return ImageContent(found.size + header, found.blocks)

    def _snapshot(self, volume: Volume, snapshot: Snapshot, seen: Look) -> Iterator[Finding]:
        if snapshot.data is None:
            yield Finding(
                NAME,
                f'nobody knows what {snapshot} of {volume} should hold',
                'a snapshot of this scenario',
                'another',
                verdict=Verdict.UNKNOWN,
            )
            return
        try:
            file = seen.snapshot_file(snapshot)
            source = ImageSource(str(seen.share / file.name), file.format)
            content = self._reader.read(source)
        except errors.CheckError as error:
            yield _unknown(f"the data of {snapshot} can't be read", error)
            return
        settled, differences = settle(content, snapshot.data)
        if settled is not None:
            self.settled[snapshot.id] = settled
        fault = (
            f'{snapshot}: its data changed after its creation'
            if snapshot.seen
            else f"{snapshot} doesn't hold what {volume} held when it was taken"
        )
        yield from _findings(fault, differences, file.name)


def settle(
    content: ImageContent, expected: Exactly | Within
) -> tuple[Exactly | None, list[Difference]]:
    """Compare an image with what it may hold; return what it has to hold from now on.

    :returns: the exact expectation and no differences, or ``None`` and at least one
    """
    if isinstance(expected, Within):
        moment = _moment(content, expected)
        if isinstance(moment, Difference):
            return None, [moment]
        expected = Exactly(expected.size, expected.history.state(moment))
    differences = compare(content, expected)
    return (None, differences) if differences else (expected, [])


def compare(content: ImageContent, expected: Exactly) -> list[Difference]:
    """Compare an image with its exact model: at most one difference in size and one in blocks."""
    differences = []
    if content.size != expected.size:
        differences.append(
            Difference('its size', f'{expected.size} bytes', f'{content.size} bytes')
        )
    wrong = sorted(
        block
        for block in content.blocks.keys() | expected.blocks.keys()
        if content.blocks.get(block) != expected.blocks.get(block)
        and block * BLOCK_SIZE < content.size
    )
    if wrong:
        first = wrong[0]
        more = f' (and {len(wrong) - 1} more blocks)' if len(wrong) > 1 else ''
        wanted = expected.blocks.get(first)
        differences.append(
            Difference(
                _place(first) + more,
                _words(wanted, first, wanted),
                _words(content.blocks.get(first), first, wanted),
            )
        )
    return differences


def _moment(content: ImageContent, window: Within) -> int | Difference:
    """Find a k for which the image holds the state after the first k writes, or say why none.

    Each block alone admits the ks from the write it holds up to the next write to it.
    """
    history = window.history
    lower, lower_block, upper, upper_block = 0, 0, history.issued, 0
    for block in sorted(content.blocks.keys() | history.written_blocks()):
        held = content.blocks.get(block)
        if held == history.initial(block):
            number = 0
        elif isinstance(held, Write) and (held.origin, held.block) == (history.origin, block):
            number = held.sequence
        else:
            return Difference(
                _place(block),
                'a write to this block, or zeros where none was',
                _words(held, block, None),
            )
        if number > lower:
            lower, lower_block = number, block
        following = history.next_write(block, number)
        if following is not None and following - 1 < upper:
            upper, upper_block = following - 1, block
    if lower > upper:
        return Difference(
            f'it is no single moment: {_place(lower_block)} holds write {lower}, '
            f'{_place(upper_block)} is older',
            f'write {upper + 1} in {_place(upper_block)}',
            _words(content.blocks.get(upper_block), upper_block, None),
        )
    return _in_window(window, lower, lower_block, upper, upper_block)


def _in_window(
    window: Within, lower: int, lower_block: int, upper: int, upper_block: int
) -> int | Difference:
    if upper < window.low:
        return Difference(
            f'it is older than its request: {_place(upper_block)}',
            f'write {upper + 1}, acknowledged before the snapshot was requested',
            'an older write',
        )
    if lower > window.high:
        return Difference(
            f'it is newer than its completion: {_place(lower_block)}',
            f'no write after write {window.high}',
            f'write {lower}',
        )
    return max(lower, window.low)


def _place(block: int) -> str:
    return f'block {block} at offset {block * BLOCK_SIZE}'


def _words(content: Content | None, block: int, wanted: Content | None) -> str:
    """Say what a block holds; what is unlike the block's place or ``wanted`` is spelt out."""
    if content is None:
        return 'zeros'
    if isinstance(content, Foreign):
        return f'bytes that nobody wrote: {content.head.hex(" ")} …'
    words = f'write {content.sequence}'
    if isinstance(wanted, Write) and wanted.origin != content.origin:
        words += f' to volume {content.origin}'
    if content.block != block:
        words += f', which went to {_place(content.block)}'
    return words


def _findings(fault: str, differences: list[Difference], file: str) -> Iterator[Finding]:
    for difference in differences:
        yield Finding(
            NAME,
            f'{fault}: {difference.where}, expected {difference.expected}, '
            f'found {difference.found}',
            difference.expected,
            difference.found,
            (file,),
        )


def _unknown(fault: str, error: errors.CheckError) -> Finding:
    return Finding(
        NAME, f'{fault}: {error}', 'a readable image', str(error), verdict=Verdict.UNKNOWN
    )
