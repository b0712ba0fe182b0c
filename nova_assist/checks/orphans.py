# SPDX-License-Identifier: Apache-2.0
"""The orphan judge: is every file of the share accounted for by a volume?

Main class: :class:`OrphanJudge`. A volume accounts for the files of its chain and for its record;
and, while a snapshot of it has failed, for a driver's note of what is to be finished. With no
volumes left, nothing of theirs may be on the share. An encrypted one accounts for the copies that
its snapshots are.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from nova_assist.checks import errors, record
from nova_assist.checks.look import Look
from nova_assist.checks.scene import Scene
from nova_assist.reports.model import Finding, Verdict

NAME = 'orphans'

#: What the NFS client makes of a file that is removed while a process of its machine has it open;
#: it goes by itself with the last of them, and can't be removed before ("silly rename").
_STILL_OPEN = re.compile(r'\.nfs[0-9a-f]{8,}')

#: Cinder's own mark on a share, made by ``remotefs`` to remember the secure mode.
_CINDERS = frozenset({'.cinderSecureEnvIndicator'})

#: What follows a volume's name in the name of a driver's note of the operation under way.
_JOURNAL = '.journal'
_FAILED = frozenset({'error', 'error_deleting'})


class OrphanJudge:
    """Lists the share and looks for the owner of each file."""

    name = NAME

    def judge(self, scene: Scene, looks: Mapping[str, Look]) -> Iterator[Finding]:
        """Yield one finding for each file that nothing refers to."""
        known = set(scene.ignored | _CINDERS)
        unread: list[str] = []
        for volume in scene.volumes:
            known.add(volume.file + record.SUFFIX)
            if volume.encrypted:
                known.update(record.copy(volume.file, each.id) for each in volume.snapshots)
            if any(each.status in _FAILED for each in volume.snapshots):
                known.add(volume.file + _JOURNAL)
            try:
                known.update(image.name for image in looks[volume.id].chain)
            except errors.CheckError as error:
                unread.append(volume.file)
                yield Finding(
                    NAME,
                    f'which files {volume} needs is unknown: {error}',
                    'a readable chain',
                    str(error),
                    verdict=Verdict.UNKNOWN,
                )
        for name in sorted(set(os.listdir(scene.share)) - known):
            unjudged = name.startswith(tuple(unread)) or _STILL_OPEN.fullmatch(name)
            if _concerns(name, scene) and not unjudged:
                yield Finding(
                    NAME,
                    f"{name} is left on the share: no volume's chain has it",
                    'no such file',
                    'a file that nothing refers to',
                    (name,),
                )


def _concerns(name: str, scene: Scene) -> bool:
    """Tell whether a file can be of the scenario, where others put theirs on the share, too."""
    return scene.made is None or any(volume in name for volume in scene.made)
