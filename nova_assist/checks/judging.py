# SPDX-License-Identifier: Apache-2.0
"""Lets the judges look at a scene; a judge that crashes or can't look says unknown, never pass.

Main class: :class:`Bench`, all judges of a run.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from nova_assist.checks import errors
from nova_assist.checks.access import AccessJudge
from nova_assist.checks.chain import ChainJudge
from nova_assist.checks.data import DataJudge
from nova_assist.checks.look import Look
from nova_assist.checks.model import Exactly
from nova_assist.checks.orphans import OrphanJudge
from nova_assist.checks.reader import Reader
from nova_assist.checks.scene import Scene
from nova_assist.checks.sealed import SealJudge
from nova_assist.reports.model import Finding, Verdict


class Judge(Protocol):
    """Something that looks at a scene and says what is wrong with it."""

    @property
    def name(self) -> str:
        """The name that its findings carry."""

    def judge(self, scene: Scene, looks: Mapping[str, Look]) -> Iterable[Finding]:
        """Return the faults seen; ``looks`` has one look a volume, by volume id."""


@dataclasses.dataclass(frozen=True)
class Judgement:
    """What the judges saw: findings, settled volumes and snapshots by id, each volume's chain.

    ``unseen`` says what could not be looked at, in words.
    """

    findings: tuple[Finding, ...]
    settled: Mapping[str, Exactly]
    chains: Mapping[str, list[str]]
    unseen: tuple[str, ...] = ()

    @classmethod
    def of_all(cls, judgements: Iterable[Judgement]) -> Judgement:
        """Return what was seen on several shares, as one."""
        found = list(judgements)
        return cls(
            tuple(finding for each in found for finding in each.findings),
            {key: data for each in found for key, data in each.settled.items()},
            {key: chain for each in found for key, chain in each.chains.items()},
            tuple(words for each in found for words in each.unseen),
        )


class Bench:
    """The judges of every run: data, chain, access, orphans, seals; and those that a run adds."""

    def __init__(self, reader: Reader, added: Sequence[Judge] = ()) -> None:
        """Take the reader that the data judge reads images with, and more judges."""
        self._reader = reader
        self._added = tuple(added)
        self._chain = ChainJudge()

    def judge(self, scene: Scene) -> Judgement:
        """Let every judge look at ``scene``."""
        looks = {volume.id: Look(scene.share, volume, scene.account) for volume in scene.volumes}
        data = DataJudge(self._reader)
        others: list[Judge] = [OrphanJudge(), AccessJudge(), SealJudge(self._reader)]
        findings = examine([self._chain, data, *others, *self._added], scene, looks)
        chains = {
            f'{look.volume.name} ({look.volume.id})': _files(look) for look in looks.values()
        }
        return Judgement(tuple(findings), data.settled, chains)


def examine(judges: Sequence[Judge], scene: Scene, looks: Mapping[str, Look]) -> list[Finding]:
    """Collect what ``judges`` see; one that fails to look adds one finding of unknown."""
    findings: list[Finding] = []
    for judge in judges:
        try:
            findings.extend(judge.judge(scene, looks))
        except Exception as error:  # whatever went wrong in a judge, it must not pass
            findings.append(
                Finding(
                    judge.name,
                    f'the {judge.name} judge could not look: {error}',
                    'a judgement',
                    f'{type(error).__name__}: {error}',
                    verdict=Verdict.UNKNOWN,
                )
            )
    return findings


def _files(look: Look) -> list[str]:
    try:
        return [image.name for image in look.chain]
    except errors.CheckError:
        return []
