# SPDX-License-Identifier: Apache-2.0
"""The names of a volume's files on a share, as Cinder's in-tree driver lays them out.

Main class: :class:`Layout`. What is in the files is left to :mod:`driver.records` and
:mod:`driver.qcow2`.
"""

from __future__ import annotations

import dataclasses
import enum
import pathlib
import re

#: What the name of a record ends with.
INFO = '.info'

#: What the name of an operation's journal ends with.
JOURNAL = '.journal'

#: What the name of a snapshot's copy of an encrypted volume ends with.
COPY = '.copy'

#: What the name of a file that is being prepared ends with; a leftover one holds nothing needed.
TEMPORARY = '.tmp'


class Format(str, enum.Enum):
    """The image formats that a volume's files can have."""

    RAW = 'raw'
    QCOW2 = 'qcow2'


_SNAPSHOT_ID = re.compile(r'[0-9A-Za-z-]+')


def is_snapshot_id(value: object) -> bool:
    """Tell whether something can be the id of a snapshot, and so the end of a file's name."""
    return isinstance(value, str) and _SNAPSHOT_ID.fullmatch(value) is not None


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where the files of one volume lie.

    :ivar folder: where the volume's share is mounted
    :ivar volume: the volume's name, which is also the name of its base file
    """

    folder: pathlib.Path
    volume: str

    @property
    def record(self) -> str:
        """The name of the JSON record of active file and snapshots."""
        return f'{self.volume}{INFO}'

    @property
    def journal(self) -> str:
        """The name of the file that holds the intent of the operation under way."""
        return f'{self.volume}{JOURNAL}'

    @property
    def restored(self) -> str:
        """The name of the raw file that cinder-backup restores a backup to."""
        return self.temporary(f'{self.volume}.restored')

    def overlay(self, snapshot_id: str) -> str:
        """Return the name of the overlay made after a snapshot."""
        return f'{self.volume}.{snapshot_id}'

    def copy(self, snapshot_id: str) -> str:
        """Return the name of the copy that a snapshot of an encrypted volume is."""
        return f'{self.overlay(snapshot_id)}{COPY}'

    def is_copy(self, name: str) -> bool:
        """Tell whether a name is that of such a copy."""
        snapshot_id = name.removeprefix(self.overlay('')).removesuffix(COPY)
        return is_snapshot_id(snapshot_id) and name == self.copy(snapshot_id)

    def temporary(self, name: str) -> str:
        """Return the name under which a file is prepared."""
        return f'{name}{TEMPORARY}'

    def replaced(self, name: str) -> str:
        """Return the second name that a file has while another one takes its place."""
        return self.temporary(f'{name}.replaced')

    def path(self, name: str) -> pathlib.Path:
        """Return the path of one of the volume's files."""
        return self.folder / name

    def owns(self, name: str) -> bool:
        """Tell whether a name is one that an image of this volume can have.

        The rule keeps a record or a backing file name from leading to another volume or out of
        the share (the in-tree driver checks the same in ``_qemu_img_info_base``).
        """
        own = (self.record, self.journal, self.temporary(self.volume))
        start = self.overlay('')
        if name.startswith(start):
            return is_snapshot_id(name.removeprefix(start)) and name not in own
        return name == self.volume
