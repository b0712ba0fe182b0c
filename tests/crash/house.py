# SPDX-License-Identifier: Apache-2.0
"""One embedded cloud for many histories, each on an empty stage.

Main class: :class:`House`. What is played is left to :mod:`tests.crash.machine`.
"""

import contextlib
import pathlib
import tempfile
import threading

from nova_assist.cloud.cloud import Cloud
from nova_assist.faults.trap import Trap
from nova_assist.reports.model import ScenarioResult
from nova_assist.scenarios.embedded import EmbeddedTestbed
from nova_assist.scenarios.player import Player, Scenario
from nova_assist.scenarios.story import Story
from tests.crash.free_play import FreePlay

#: Seconds that an operation may take; far more than any does, and not what a minute is lost with.
_PATIENCE = 30.0

_STORY = Story('history', 'whatever comes next', lambda stage: None)


class _Silent:
    """A listener that nobody hears."""

    def step_started(self, scenario, step):
        """Say nothing."""

    def step_finished(self, scenario, step):
        """Say nothing."""


class House:
    """A cloud with a driver; a new one after a history that has failed and left what it may."""

    def __init__(self, driver):
        self._driver = driver
        self._standing = contextlib.ExitStack()
        self._cloud = None
        self._trap = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Stop the cloud, if there is one, and remove all that is its own."""
        self._standing.close()
        self._cloud = None

    def stage(self, image_format, seed, tell):
        """Return an empty stage, in a cloud that has no volumes."""
        if self._cloud is None:
            folder = pathlib.Path(self._standing.enter_context(tempfile.TemporaryDirectory()))
            self._trap = Trap(folder / 'trap')
            self._cloud = self._standing.enter_context(
                Cloud(
                    folder / 'cloud',
                    driver=self._driver,
                    cinder_environment=self._trap.environment,
                )
            )
        scenario = Scenario(_STORY, image_format)
        player = Player(EmbeddedTestbed(self._cloud), seed, threading.Event())
        stage = player.stage(scenario, _Silent(), ScenarioResult(scenario.name))
        stage.context.patience.seconds = _PATIENCE
        return FreePlay(self._cloud, stage, self._trap, tell)
