# SPDX-License-Identifier: Apache-2.0
"""Whose a share's files should be, inferred from most of them, and which are not so. Pure.

Main class: :class:`Expected`.
"""

from __future__ import annotations

import collections
import dataclasses
import stat
from collections.abc import Iterable, Iterator

from driver import access, advice
from driver.check.findings import Finding, Kind, SetAccess, Severity
from driver.check.survey import Survey
from driver.probe import Owner

_MODES = (access.SECURE_MODE, access.OPEN_MODE)


@dataclasses.dataclass(frozen=True)
class Expected:
    """Owner, group and mode that files of a share should have; None where it can't be told."""

    uid: int | None = None
    gid: int | None = None
    mode: int | None = None

    def __str__(self) -> str:
        user = '(any owner)' if self.uid is None else advice.user_name(self.uid)
        group = '(any group)' if self.gid is None else advice.group_name(self.gid)
        mode = '(any mode)' if self.mode is None else f'{self.mode:04o}'
        return f'{user}:{group} {mode}'


def infer(files: Iterable[Owner], folder: Owner, mode: int | None) -> Expected:
    """Infer what the files of a share should be.

    The owner is that of more than half of them. The group is the folder's where it passes it on
    (setgid), else that of more than half. The mode is the more frequent one of the two that the
    driver makes files with, 0660 if they are as frequent; none if no file has either.

    :param mode: the mode that options ask for, None where it is to be inferred
    """
    users: collections.Counter[int] = collections.Counter()
    groups: collections.Counter[int] = collections.Counter()
    modes: collections.Counter[int] = collections.Counter()
    for owner in files:
        users[owner.uid] += 1
        groups[owner.gid] += 1
        modes[owner.mode] += 1
    group = folder.gid if folder.mode & stat.S_ISGID else _majority(groups)
    if mode is None:
        mode = max(_MODES, key=lambda each: modes[each])
        mode = mode if modes[mode] else None
    return Expected(_majority(users), group, mode)


def judge(survey: Survey, expected: Expected) -> Iterator[Finding]:
    """Tell which of a volume's files are not as they should be."""
    for name, seen in survey.files.items():
        if seen.what or name in survey.temporaries:
            continue
        remedy = SetAccess(
            name,
            _other(expected.uid, seen.owner.uid),
            _other(expected.gid, seen.owner.gid),
            _other(expected.mode, seen.owner.mode),
        )
        if (remedy.uid, remedy.gid, remedy.mode) == (None, None, None):
            continue
        yield Finding(
            Kind.ACCESS,
            Severity.WARNING,
            survey.layout.volume,
            (name,),
            f'{name} is {seen.owner}, where {expected} is expected: cinder-volume or a '
            f'hypervisor may not be able to use it, or others may.',
            f'A repair gives it {words(remedy)}. Only root may give a file away, and only its '
            f'owner may change its mode.',
            remedy,
        )


def _majority(counts: collections.Counter[int]) -> int | None:
    if not counts:
        return None
    value, count = counts.most_common(1)[0]
    return value if 2 * count > counts.total() else None


def _other(expected: int | None, found: int) -> int | None:
    return None if expected in (None, found) else expected


def words(remedy: SetAccess) -> str:
    """Return what a change of access gives a file."""
    given = []
    if remedy.uid is not None:
        given.append(f'the owner {advice.user_name(remedy.uid)}')
    if remedy.gid is not None:
        given.append(f'the group {advice.group_name(remedy.gid)}')
    if remedy.mode is not None:
        given.append(f'the mode {remedy.mode:04o}')
    return ' and '.join(given)
