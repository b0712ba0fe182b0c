# SPDX-License-Identifier: Apache-2.0
"""The access judge: whose is every file on the share, and who may open it?

Main class: :class:`AccessJudge`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping

from nova_assist.checks import record
from nova_assist.checks.look import Look
from nova_assist.checks.scene import Ownership, Scene
from nova_assist.reports.model import Finding

NAME = 'access'


class AccessJudge:
    """Compares owner, group and mode of the volumes' files with what the scene expects."""

    name = NAME

    def judge(self, scene: Scene, looks: Mapping[str, Look]) -> Iterator[Finding]:
        """Yield one finding for each file that isn't as expected."""
        files = tuple(volume.file for volume in scene.volumes)
        with os.scandir(scene.share) as entries:
            present = sorted(
                (entry for entry in entries if entry.name.startswith(files)),
                key=lambda entry: entry.name,
            )
        for entry in present:
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # whether a file has to be there is for the other judges
            found = Ownership(status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode))
            if found != scene.ownership:
                yield _finding(entry.name, found, scene.ownership, files)


def _finding(name: str, found: Ownership, expected: Ownership, files: tuple[str, ...]) -> Finding:
    kind = (
        'record' if name.endswith(record.SUFFIX) else 'volume file' if name in files else 'overlay'
    )
    parts = [
        f'is {what} {is_}, expected {should}'
        for what, is_, should in (
            ('mode', f'{found.mode:04o}', f'{expected.mode:04o}'),
            ('owned by', found.uid, expected.uid),
            ('of group', found.gid, expected.gid),
        )
        if is_ != should
    ]
    return Finding(NAME, f'{kind} {name} {"; ".join(parts)}', str(expected), str(found), (name,))
