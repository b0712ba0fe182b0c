# SPDX-License-Identifier: Apache-2.0
"""The judge of owner, group and mode.

Main function: :func:`faults`, by an :class:`Expectation`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from tempest_plugin.config import Settings
from tempest_plugin.share.files import VolumeFile

_OTHERS = 0o007
_ROOT = 0


@dataclasses.dataclass(frozen=True)
class Expectation:
    """What each file has to be.

    :ivar owner: a name or an id; empty if owners are not judged.
    :ivar group: a name or an id; empty if groups are not judged.
    :ivar mode: None if modes are not judged.
    :ivar secure: others may do nothing, and nothing is root's.
    """

    owner: str = ''
    group: str = ''
    mode: int | None = None
    secure: bool = False

    @classmethod
    def of(cls, settings: Settings) -> Expectation:
        """Return what the options expect."""
        return cls(
            settings.file_owner, settings.file_group, settings.file_mode, settings.secure_mode
        )

    @property
    def nothing(self) -> bool:
        """Whether any file would do."""
        return self == Expectation()


def faults(files: Iterable[VolumeFile], expected: Expectation) -> list[str]:
    """Return a sentence for each file and each thing about it that isn't as expected."""
    return [fault for file in files for fault in _of(file, expected)]


def _of(file: VolumeFile, expected: Expectation) -> Iterator[str]:
    if expected.owner and expected.owner not in (file.user, str(file.uid)):
        yield f'{file} is owned by {file.user} ({file.uid}), expected {expected.owner}'
    if expected.group and expected.group not in (file.group, str(file.gid)):
        yield f'{file} is of group {file.group} ({file.gid}), expected {expected.group}'
    if expected.mode is not None and file.mode != expected.mode:
        yield f'{file} has mode {file.mode:04o}, expected {expected.mode:04o}'
    if expected.secure and file.mode & _OTHERS:
        yield f'{file} gives others rights in secure mode: mode {file.mode:04o}'
    if expected.secure and file.uid == _ROOT:
        yield f'{file} is owned by root in secure mode'
