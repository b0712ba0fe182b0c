# SPDX-License-Identifier: Apache-2.0
"""Judges volumes whose files nobody sees, by what a guest finds when it gets them.

Main class: :class:`Hearing`. A volume that nobody uses is attached to a server of the scenario's
own, and of a snapshot a volume is made for that. What a running guest has is read by it only when
it gets it again: that is told as unseen, and no judge vouches for it before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from nova_assist.checks import listing, scene
from nova_assist.checks.judging import Judgement
from nova_assist.checks.model import Exactly
from nova_assist.checks.pattern import Write
from nova_assist.reports.model import Finding
from nova_assist.scenarios.errors import GuestIoError, StepFailed
from nova_assist.scenarios.tracked import TrackedSnapshot, TrackedVolume
from nova_assist.scenarios.volumes import Volumes

_GIB = 1024**3


class Hearing:
    """One look at all volumes of a scenario.

    :param read: has a guest read a volume that nobody uses, and returns what it found
    """

    def __init__(
        self, volumes: Volumes, read: Callable[[TrackedVolume], Mapping[int, Write]]
    ) -> None:
        self._read = read
        self._volumes = volumes
        self._settled: dict[str, Exactly] = {}
        self._unseen: list[str] = []

    def judge(self, shown: Sequence[scene.Volume]) -> Judgement:
        """Have everything read that can be."""
        statuses = {each.id: each.status for volume in shown for each in volume.snapshots}
        findings = [finding for volume in shown for finding in listing.faults(volume)]
        for volume in list(self._volumes.all):
            findings += self._volume(volume)
            for snapshot in volume.snapshots:
                if statuses.get(snapshot.id) == 'available':
                    findings += self._snapshot(snapshot)
        return Judgement(tuple(findings), self._settled, {}, tuple(self._unseen))

    def _volume(self, volume: TrackedVolume) -> Iterator[Finding]:
        if volume.server is not None:
            state = 'runs' if volume.server.running else 'is off'
            self._unseen.append(
                f'data of volume {volume.name}: the server that has it {state}, and its guest '
                'reads it when it gets it again'
            )
            return
        try:
            self._read(volume)
        except (StepFailed, GuestIoError) as error:
            yield _finding(error)

    def _snapshot(self, snapshot: TrackedSnapshot) -> Iterator[Finding]:
        if snapshot.data is None:
            self._unseen.append(
                f'data of snapshot {snapshot.name}: nobody knows what it should be'
            )
            return
        size = snapshot.data.size
        try:
            copy = self._volumes.clone(snapshot, f'look-{snapshot.name}', size // _GIB)
            found = self._read(copy)
            self._volumes.delete(copy)
        except (StepFailed, GuestIoError) as error:
            yield _finding(error, f'what snapshot {snapshot.name} holds, by a volume made of it: ')
            return
        self._settled[snapshot.id] = Exactly(size, found)


def told() -> Mapping[str, str]:
    """Return what the report says of what is looked at."""
    return {
        'data': 'records that the guests write, by what guests say on their consoles: of volumes '
        'when a guest gets them, of snapshots by volumes that are made of them',
        'chains': 'not seen: nobody said where the share is (--share)',
        'left-over files': 'not seen',
    }


def _finding(error: StepFailed | GuestIoError, what: str = '') -> Finding:
    if isinstance(error, StepFailed):
        found = error.finding
        return Finding(
            found.judge, what + found.fault, found.expected, found.found, verdict=found.verdict
        )
    return Finding('data', f'{what}{error}', 'a disk that works', str(error))
