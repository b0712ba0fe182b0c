# SPDX-License-Identifier: Apache-2.0
"""What ``nova-assist run`` needs where nothing stands against two clouds at the same time.

Main class: :class:`PairHarness`. A Cinder has one processor for all that it does, and most of what
a scenario takes it takes there.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING

from nova_assist.cli.harness import EmbeddedSession, OwnScenarios, Session, Wanted, cloud_for
from nova_assist.cli.signals import deferred
from nova_assist.cli.target import Target
from nova_assist.reports.model import ScenarioResult

if TYPE_CHECKING:
    from nova_assist.cloud.cloud import Cloud
    from nova_assist.scenarios.embedded import EmbeddedTestbed

#: The folder of the second cloud, in that of the first.
_SECOND = 'second'

#: How often is looked whether the second cloud is up, or has given up; seconds.
_LOOK_SECONDS = 0.05


class PairHarness(OwnScenarios):
    """The scenarios of this package, every other story in a second cloud."""

    @contextlib.contextmanager
    def open(self, folder: Path, target: Target, keep: bool) -> Iterator[Session]:
        """Start a cloud in ``folder``, stop it at the end; another one follows if it is needed.

        :raises nova_assist.cloud.errors.CloudError: it did not start.
        """
        with cloud_for(folder, target, keep) as cloud:
            yield PairSession(cloud, lambda: cloud_for(folder / _SECOND, target, keep))


class PairSession(EmbeddedSession):
    """A cloud that is up, and one that is started where several stories are to be played.

    :param second: makes that
    """

    def __init__(self, cloud: Cloud, second: Callable[[], Cloud]) -> None:
        super().__init__(cloud)
        self._make_second = second
        self._second: Cloud | None = None

    def judge(self, wanted: Wanted) -> Generator[ScenarioResult, None, None]:
        """Run scenarios, those of different stories at the same time."""
        from nova_assist import scenarios
        from nova_assist.scenarios import runner
        from nova_assist.scenarios.embedded import EmbeddedTestbed

        stories = {scenario.story.name for scenario in runner.select(wanted.names)}
        if len(stories) == 1 or len(os.sched_getaffinity(0)) == 1:
            yield from super().judge(wanted)
            return
        with self._starting() as second:
            first = EmbeddedTestbed(self._cloud)
            yield from scenarios.run_apart(
                [lambda stop: first, lambda stop: _once_up(second, stop)],
                wanted.names,
                wanted.seed,
                wanted.listener,
                wanted.repeat,
            )
            self.check()

    def check(self) -> None:
        """See that the clouds still run."""
        super().check()
        if self._second is not None:
            self._second.check()

    @contextlib.contextmanager
    def _starting(self) -> Iterator[Future[EmbeddedTestbed]]:
        """Start the second cloud meanwhile, and stop it in the end; yields when it is up."""
        from nova_assist.scenarios.embedded import EmbeddedTestbed

        cloud = self._make_second()

        def start() -> EmbeddedTestbed:
            cloud.start()
            self._second = cloud
            return EmbeddedTestbed(cloud)

        starts: list[Future[EmbeddedTestbed]] = []
        with ThreadPoolExecutor(max_workers=1) as pool:
            try:
                with deferred():  # or a start that nobody knows of would not be given up
                    starts.append(pool.submit(start))
                yield starts[0]
            finally:
                for started in starts:
                    while not started.done():  # which nobody needs any more
                        cloud.give_up()
                        wait([started], _LOOK_SECONDS)
                    if started.exception() is None:
                        self._second = None
                        cloud.stop()


def _once_up(starting: Future[EmbeddedTestbed], stop: threading.Event) -> EmbeddedTestbed:
    """Wait for a cloud that is starting.

    :raises nova_assist.cloud.errors.CloudError: it does not start
    :raises Interrupted: the run is being stopped
    """
    from nova_assist.scenarios.errors import Interrupted

    while not starting.done():
        if stop.wait(_LOOK_SECONDS):
            raise Interrupted('stopped while the second cloud was starting')
    return starting.result()
