# SPDX-License-Identifier: Apache-2.0
"""The access judge: whose is every file on the share, and did anybody ask for root?

Main classes: :class:`AccessJudge`, and :class:`RootJudge` for a driver that has to do without
root. Who can really open the files is left to :mod:`nova_assist.checks.opening`, what happens
between two looks to :mod:`nova_assist.checks.watch`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from nova_assist.checks import record
from nova_assist.checks.look import Look
from nova_assist.checks.scene import Ownership, Scene
from nova_assist.reports.model import Finding

NAME = 'access'


class AccessJudge:
    """Compares owner, group and mode of the volumes' files with what is expected, if anything."""

    name = NAME

    def judge(self, scene: Scene, looks: Mapping[str, Look]) -> Iterator[Finding]:
        """Yield one finding for each file that isn't as expected."""
        if scene.ownership is None:
            return
        originals = {volume.file for volume in scene.volumes}
        for name in present(scene):
            try:
                status = os.stat(scene.share / name, follow_symlinks=False)
            except FileNotFoundError:
                continue  # whether a file has to be there is for the other judges
            found = Ownership(status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode))
            if found != scene.ownership:
                yield fault(_described(name, originals), found, scene.ownership, name)


class RootJudge:
    """Reports what a driver wanted to do as root, where it must not need root.

    To be kept from one look to the next.
    """

    name = NAME

    def __init__(self, asked: Path) -> None:
        """Take the file that has a line for each time that root was asked for."""
        self._asked = asked
        self._told = 0

    def judge(self, scene: Scene, looks: Mapping[str, Look]) -> Iterator[Finding]:
        """Yield one finding for each command since the last look."""
        lines = self._asked.read_text(errors='backslashreplace').splitlines()
        new, self._told = lines[self._told :], len(lines)
        for command in dict.fromkeys(new):
            yield Finding(
                NAME,
                f'root was asked for: {command}',
                "every file operation as the service's own user",
                command,
            )


def present(scene: Scene) -> list[str]:
    """List the files on the share that belong to the scene's volumes."""
    files = tuple(volume.file for volume in scene.volumes)
    return sorted(name for name in os.listdir(scene.share) if name.startswith(files))


def fault(
    subject: str, found: Ownership, expected: Ownership, name: str, when: str = ''
) -> Finding:
    """Return the finding of a file that is somebody else's, or open to others than it should.

    :param subject: what to call the file
    :param when: to be added to the sentence
    """
    verb = 'was' if when else 'is'
    parts = [
        f'{verb} {what} {is_}, expected {should}'
        for what, is_, should in (
            ('mode', f'{found.mode:04o}', f'{expected.mode:04o}'),
            ('owned by', found.uid, expected.uid),
            ('of group', found.gid, expected.gid),
        )
        if is_ != should
    ]
    return Finding(NAME, f'{subject} {"; ".join(parts)}{when}', str(expected), str(found), (name,))


def _described(name: str, originals: set[str]) -> str:
    if name.endswith(record.SUFFIX):
        return f'record {name}'
    return f'volume file {name}' if name in originals else f'overlay {name}'
