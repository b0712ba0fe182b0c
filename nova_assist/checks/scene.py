# SPDX-License-Identifier: Apache-2.0
"""What the judges look at after a step: the share, and what should be on it.

Main class: :class:`Scene`. It holds what the REST APIs say and what was written, as values; what
the share says is looked up by :mod:`nova_assist.checks.look`. Filling a scene in is left to
whoever drives the cloud.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from nova_assist.accounts import Account
from nova_assist.checks.model import Expectation
from nova_assist.checks.reader import ImageSource


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """A snapshot as Cinder lists it, and what it should hold.

    ``status`` is ``None`` for a snapshot that Cinder no longer lists though nobody deleted it.
    ``seen`` tells that an earlier look found its data right.
    """

    id: str
    name: str
    status: str | None
    data: Expectation | None
    seen: bool = False

    def __str__(self) -> str:
        return f'snapshot {self.name} ({self.id})'


@dataclasses.dataclass(frozen=True)
class Attachment:
    """Which file, opened as what, an attachment's connection info in Cinder names.

    ``file`` is ``None`` for connection info that names none.
    """

    id: str
    file: str | None
    format: str


@dataclasses.dataclass(frozen=True)
class GuestDisk:
    """A volume in a running server: the files QEMU has open (active first), and how to read it."""

    chain: tuple[str, ...]
    format: str
    source: ImageSource


@dataclasses.dataclass(frozen=True)
class Volume:
    """A volume as Cinder shows it, and what it should hold.

    ``format`` is what the volume was made as, raw or qcow2; ``snapshots`` are the oldest first.
    ``running`` tells that a running server has it, whose ``guest`` is ``None`` where nobody tells
    what QEMU has open. ``name_id`` is the id that its files bear, if not its own. ``encrypted``
    tells that its file begins with a LUKS header, which a guest's disk has not.
    """

    id: str
    name: str
    format: str
    data: Expectation
    snapshots: tuple[Snapshot, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    guest: GuestDisk | None = None
    running: bool = False
    name_id: str = ''
    encrypted: bool = False

    def __str__(self) -> str:
        return f'volume {self.name} ({self.id})'

    @property
    def file(self) -> str:
        """The name of the file that the volume was made as."""
        return f'volume-{self.name_id or self.id}'


@dataclasses.dataclass(frozen=True)
class Ownership:
    """Whose the files of a share are: owner, group and permission bits."""

    uid: int
    gid: int
    mode: int = 0o666

    def __str__(self) -> str:
        return f'mode {self.mode:04o}, owner {self.uid}, group {self.gid}'


@dataclasses.dataclass(frozen=True)
class Scene:
    """A share and every volume that should be on it.

    ``ownership`` is what the files should be like, ``None`` if nobody knows. ``ignored`` are the
    names of files that were there before and belong to others. ``made`` are the ids of all volumes
    that the scenario has made, whose files alone are its own; ``None`` if all files are.
    ``account`` is who may read the files, ``None`` for whoever judges.
    """

    share: Path
    volumes: tuple[Volume, ...]
    ownership: Ownership | None
    ignored: frozenset[str] = frozenset()
    made: frozenset[str] | None = None
    account: Account | None = None
