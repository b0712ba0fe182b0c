# SPDX-License-Identifier: Apache-2.0
"""What can be found wrong with a volume's files, and what can be done about it.

Main class: :class:`Finding`. Finding them is left to :mod:`driver.check.audit`, carrying out a
:data:`Remedy` to :mod:`driver.check.repair`.
"""

from __future__ import annotations

import dataclasses
import enum

from driver.layout import Format
from driver.records import Record


class Severity(str, enum.Enum):
    """How much a finding matters."""

    ERROR = 'error'  # data is lost, hidden or in danger, or the next operation is refused
    WARNING = 'warning'  # works for now, and should be put right
    HINT = 'hint'  # nothing is known to be wrong


class Kind(str, enum.Enum):
    """What was found; the values are part of the command line's JSON."""

    UNREADABLE_RECORD = 'unreadable-record'
    MISSING_RECORD = 'missing-record'
    RECORD_DISAGREES = 'record-disagrees'
    MISSING_FILE = 'missing-file'
    ORPHAN = 'orphan-overlay'
    JOURNAL = 'leftover-journal'
    UNDER_WAY = 'operation-under-way'
    TEMPORARY = 'leftover-temporary'
    ACCESS = 'wrong-access'
    ESCAPE = 'backing-escapes'
    BACKING_PATH = 'backing-path'
    BACKING_FORMAT = 'backing-format'
    EXTERNAL_DATA = 'external-data'
    HEADER_IN_RAW = 'header-in-raw'
    DAMAGED_HEADER = 'damaged-header'
    SIZE = 'size-mismatch'
    CYCLE = 'cycle'
    NOT_REGULAR = 'not-a-regular-file'
    UNREADABLE_FILE = 'unreadable-file'
    UNKNOWN_FILE = 'unknown-file'


@dataclasses.dataclass(frozen=True)
class SaveRecord:
    """Keep the record that is there, if any, under another name, and save this one."""

    record: Record


@dataclasses.dataclass(frozen=True)
class Rebase:
    """Change the backing file that an overlay names, and nothing else."""

    overlay: str
    backing: str
    backing_format: Format


@dataclasses.dataclass(frozen=True)
class SetAside:
    """Give a file a name under which nothing looks for it."""

    name: str


@dataclasses.dataclass(frozen=True)
class Remove:
    """Remove a file that holds nothing needed."""

    name: str


@dataclasses.dataclass(frozen=True)
class SetAccess:
    """Change a file's owner, group and mode; None leaves it as it is."""

    name: str
    uid: int | None
    gid: int | None
    mode: int | None


Remedy = SaveRecord | Rebase | SetAside | Remove | SetAccess


#: What is the same when the same thing is found again: kind, volume, files.
Key = tuple[Kind, str, tuple[str, ...]]


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that was found.

    :ivar volume: the volume's name
    :ivar files: names of the files that it is about, the one to look at first
    :ivar meaning: a sentence about what is the matter
    :ivar repair: a sentence about what a repair does, or what to do by hand
    :ivar remedy: what a repair does, or None where it can't be proved to be right
    """

    kind: Kind
    severity: Severity
    volume: str
    files: tuple[str, ...]
    meaning: str
    repair: str
    remedy: Remedy | None = None

    @property
    def counts(self) -> bool:
        """Whether it is more than a hint."""
        return self.severity is not Severity.HINT

    @property
    def key(self) -> Key:
        """What is the same when the same thing is found again."""
        return self.kind, self.volume, self.files
