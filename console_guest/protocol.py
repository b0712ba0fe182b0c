# SPDX-License-Identifier: Apache-2.0
"""What a guest says about the disks that it writes to, line by line.

Main function: :func:`parse`. A guest prints lines that start with ``nova-assist-guest:``; they
may stand among anything else that a console shows. Where the lines come from is left to those who
listen.
"""

from __future__ import annotations

import dataclasses
import re

#: As virtio-blk shows a volume's id.
SERIAL_LENGTH = 20

_LINE = re.compile(
    r'nova-assist-guest: (?:'
    r'(?P<boot>boot)'
    r'|(?P<serial>\S+) (?:'
    r'found (?P<found>\d+) bad (?P<bad>\d+)'
    r'|wrote (?P<wrote>\d+)'
    r'|error (?P<error>.+)'
    r'|(?P<gone>gone)))'
)


@dataclasses.dataclass(frozen=True)
class Boot:
    """The guest has started."""


@dataclasses.dataclass(frozen=True)
class Found:
    """The guest has read a disk, on boot or when it was plugged in.

    :ivar records: how many are whole and in order.
    :ivar bad: how many blocks are not what they should be.
    """

    serial: str
    records: int
    bad: int


@dataclasses.dataclass(frozen=True)
class Wrote:
    """So many records, all since the first, are on the disk and flushed."""

    serial: str
    records: int


@dataclasses.dataclass(frozen=True)
class Failed:
    """Input or output on the disk failed, and the guest has let it be."""

    serial: str
    text: str


@dataclasses.dataclass(frozen=True)
class Gone:
    """The disk was unplugged."""

    serial: str


Event = Boot | Found | Wrote | Failed | Gone


def serial_of(volume_id: str) -> str:
    """Return the serial that a guest sees on the disk of a volume."""
    return volume_id[:SERIAL_LENGTH]


def parse(text: str) -> tuple[Event, ...]:
    """Return what the guest said, in order; other lines, and damaged ones, say nothing."""
    events = (_event(line) for line in text.splitlines())
    return tuple(event for event in events if event is not None)


def since(before: tuple[Event, ...], now: tuple[Event, ...]) -> tuple[Event, ...]:
    """Return what is new in a console that loses its beginning, or starts anew with the guest.

    What both have in common is the longest end of ``before`` that ``now`` begins with.
    """
    for start in range(max(len(before) - len(now), 0), len(before)):
        common = before[start:]
        if now[: len(common)] == common:
            return now[len(common) :]
    return now


def _event(line: str) -> Event | None:
    start = line.find('nova-assist-guest: ')
    match = _LINE.fullmatch(line[start:].rstrip()) if start >= 0 else None
    if match is None:
        return None
    if match['boot']:
        return Boot()
    serial = match['serial']
    if match['found'] is not None:
        return Found(serial, int(match['found']), int(match['bad']))
    if match['wrote'] is not None:
        return Wrote(serial, int(match['wrote']))
    return Gone(serial) if match['gone'] else Failed(serial, match['error'])
