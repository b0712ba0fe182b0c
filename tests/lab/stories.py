# SPDX-License-Identifier: Apache-2.0
"""Stories that are short, for the many clouds of the lab's matrix, and a way to play them.

Main objects: :data:`OFFLINE`, :data:`ONLINE` and :data:`MIXED`. Each snapshots twice and deletes
both; the scenarios that everybody runs go deeper.
"""

from __future__ import annotations

from collections.abc import Iterable

from nova_assist.cloud.cloud import Cloud
from nova_assist.reports.model import ScenarioResult, Step
from nova_assist.scenarios import runner
from nova_assist.scenarios.embedded import EmbeddedTestbed
from nova_assist.scenarios.player import Scenario
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story
from nova_assist.scenarios.testbed import Testbed
from nova_assist.scenarios.tracked import TrackedVolume

_SEED = 1


def _offline(stage: Stage) -> None:
    with stage.step('create, write and snapshot twice, detached'):
        volume = stage.volumes.create('v1')
        _snapshot_twice(stage, volume)
    with stage.step('delete both snapshots'):
        stage.volumes.delete_snapshot(volume, 's1')
        stage.volumes.delete_snapshot(volume, 's2')


def _online(stage: Stage) -> None:
    with stage.step('create, attach and snapshot twice while the guest writes'):
        volume = stage.volumes.create('v1')
        _attach(stage, volume)
        stage.volumes.snapshot(volume, 's1')
        stage.volumes.snapshot(volume, 's2')
    with stage.step('delete both snapshots while the guest writes, and detach'):
        stage.volumes.delete_snapshot(volume, 's1')
        stage.volumes.delete_snapshot(volume, 's2')
        stage.servers.detach(volume)


def _mixed(stage: Stage) -> None:
    with stage.step('snapshot detached, attach, snapshot and delete while the guest writes'):
        volume = stage.volumes.create('v1')
        stage.volumes.write(volume)
        stage.volumes.snapshot(volume, 's1')
        _attach(stage, volume)
        stage.volumes.snapshot(volume, 's2')
        stage.volumes.delete_snapshot(volume, 's1')
    with stage.step('detach and delete the other snapshot'):
        stage.servers.detach(volume)
        stage.volumes.delete_snapshot(volume, 's2')


def _snapshot_twice(stage: Stage, volume: TrackedVolume) -> None:
    for name in ('s1', 's2'):
        stage.volumes.write(volume)
        stage.volumes.snapshot(volume, name)


def _attach(stage: Stage, volume: TrackedVolume) -> None:
    stage.servers.attach(stage.servers.create('a'), volume)
    stage.servers.start_writing(volume)


OFFLINE = Story('offline', 'two snapshots of a detached volume', _offline)
ONLINE = Story('online', 'two snapshots of an attached volume', _online)
MIXED = Story('mixed', 'made detached and deleted attached, and the reverse', _mixed)


class _Silent:
    """A listener that nobody hears."""

    def scenario_started(self, name: str, index: int, total: int) -> None:
        """Say nothing."""

    def step_started(self, scenario: str, step: str) -> None:
        """Say nothing."""

    def step_finished(self, scenario: str, step: Step) -> None:
        """Say nothing."""

    def scenario_finished(self, result: ScenarioResult) -> None:
        """Say nothing."""


def play(
    cloud: Cloud, stories: Iterable[Story], formats: Iterable[str] = runner.FORMATS
) -> list[ScenarioResult]:
    """Play each story with raw and with qcow2 volumes, and return the results."""
    return play_in(EmbeddedTestbed(cloud), stories, formats)


def play_in(
    testbed: Testbed, stories: Iterable[Story], formats: Iterable[str] = runner.FORMATS
) -> list[ScenarioResult]:
    """Do the same in any kind of cloud."""
    chosen = [Scenario(story, form) for story in stories for form in formats]
    return list(runner.play(testbed, chosen, _SEED, _Silent(), lambda name: name))
