# SPDX-License-Identifier: Apache-2.0
"""What lies on a share and can become a volume: found, read, and seen to be sound.

Main class: :class:`Candidates`. Nothing is changed here; that is left to :mod:`driver.adopting`.
"""

from __future__ import annotations

import dataclasses
import sys
from typing import Protocol

from driver import (
    chain,
    exceptions,
    files,
    journal,
    qcow2,
    reading,
    records,
    references,
    volumes,
)
from driver.chain import Chain
from driver.layout import Format, Layout
from driver.opening import Opener
from driver.references import Reference

GIB = 1 << 30


@dataclasses.dataclass(frozen=True)
class Owned:
    """A volume of Cinder's database, whose size is in GiB."""

    volume_id: str
    gib: int


class Rows(Protocol):
    """What is asked of Cinder's database; :mod:`driver.adoption_rows` is one."""

    def owned(self, name: str) -> Owned | None:
        """Return the volume whose files bear a name, of whichever backend it is."""

    def name_id(self, name: str) -> str | None:
        """Return the id that a volume of that name has, None if none can have it."""


@dataclasses.dataclass(frozen=True)
class Candidate:
    """Something on a share that can become a volume.

    :ivar layout: under the name that it has now
    :ivar in_place: it has a record, and keeps its name
    """

    share: str
    layout: Layout
    chain: Chain
    in_place: bool

    @property
    def gib(self) -> int:
        """Its size in GiB, rounded up."""
        return rounded(self.chain.active.virtual_size)


def rounded(size: int) -> int:
    """Return the GiB that so many bytes take, as Cinder counts them."""
    return -(-size // GIB)


@dataclasses.dataclass(frozen=True)
class Candidates:
    """What the shares of one backend have."""

    opener: Opener
    rows: Rows

    def examine(self, given: object) -> Candidate:
        """Look at what an operator has named, and change nothing.

        :raises InvalidReference: it isn't there, is managed already, or can't be
        :raises ImageError: a header is hostile
        :raises ChainError: record and files disagree, or it is no regular file
        """
        mounted = self.opener.mounted
        reference = references.parse(given, mounted.admitted())
        shares = [reference.share] if reference.share else mounted.admitted()
        layouts = {each: self.opener.layout(each, reference.name) for each in shares}
        found = [each for each, layout in layouts.items() if not reading.is_gone(layout)]
        if len(found) != 1:
            where = f'on {len(found)} shares' if found else f'not on {", ".join(shares)}'
            raise exceptions.InvalidReference(
                f'{reference.name} is {where}. Name one that is there as HOST:/EXPORT/NAME.'
            )
        return self.at(found[0], reference)

    def at(self, share: str, reference: Reference) -> Candidate:
        """Look at a file of a share, or at a volume by its base file; see :meth:`examine`."""
        layout = self.opener.layout(share, reference.name)
        if owned := self.rows.owned(layout.volume):
            raise _refused(layout, f'is volume {owned.volume_id} already')
        if journal.load(layout) is not None:
            raise _refused(
                layout,
                f'has a journal, {layout.journal}: a driver was interrupted at work on it. Have '
                f'the Cinder that it belonged to settle that',
            )
        in_place = reading.exists(layout, layout.record)
        if in_place and self.rows.name_id(layout.volume) is None:
            raise _refused(
                layout,
                f'has a record, {layout.record}, but no name that Cinder gives a volume '
                f'(volume_name_template), which its files need to keep',
            )
        found = _read(layout, reference.stated)
        if not found.active.virtual_size:
            raise _refused(layout, 'is empty')
        for name in found.names:
            if reading.links(layout.path(name)) > 1:
                raise _refused(layout, f'consists of {name}, which has a second name (hard link)')
        if busy := volumes.in_use(layout, found.names):
            raise exceptions.FileInUse(
                f'{busy} are open in a QEMU process, so {layout.volume} was not managed. Shut '
                f'down who uses them ("lslocks", "fuser", on each compute host), then repeat.'
            )
        return Candidate(share, layout, found, in_place)


def _read(layout: Layout, stated: Format | None) -> Chain:
    """Read a chain of which Cinder's database knows nothing, and see that it is sound."""
    record = records.load(layout)
    whole = record.active != layout.volume
    image_format = Format.QCOW2 if whole else stated or _raw_for_sure(layout)
    found = reading.read_chain(layout, record.active, image_format, sys.maxsize)
    chain.check(layout, record, found)
    return found


def _raw_for_sure(layout: Layout) -> Format:
    """Return raw for a file that nobody would take for anything else."""
    with reading.opened(layout.path(layout.volume)) as handle:
        start = files.read_at(handle, 0, len(qcow2.MAGIC))
    if start == qcow2.MAGIC:
        raise _refused(
            layout,
            'begins like a qcow2 image, which a guest can have written into a raw one: say what '
            'it is by a key "format" of the reference, qcow2 or raw, or by a name in .qcow2 or '
            '.raw',
        )
    return Format.RAW


def _refused(layout: Layout, fault: str) -> exceptions.InvalidReference:
    return exceptions.InvalidReference(
        f'{layout.path(layout.volume)} {fault}. It was left as it is.'
    )
