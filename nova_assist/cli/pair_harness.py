# SPDX-License-Identifier: Apache-2.0
"""What ``nova-assist run`` needs where nothing stands against two clouds at the same time.

Main class: :class:`PairHarness`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING

from nova_assist.cli.harness import EmbeddedSession, OwnScenarios, Session, Wanted, cloud_for
from nova_assist.cli.target import Target
from nova_assist.reports.model import ScenarioResult

if TYPE_CHECKING:
    from nova_assist.cloud.cloud import Cloud
    from nova_assist.scenarios.embedded import EmbeddedTestbed

#: The folder of the second cloud, in that of the first.
_SECOND = 'second'

#: How soon services are killed again, of which some may only just have come up; seconds.
_AGAIN_SECONDS = 0.1


class PairHarness(OwnScenarios):
    """The scenarios of this package, those of each format in a cloud of their own."""

    @contextlib.contextmanager
    def open(self, folder: Path, target: Target, keep: bool) -> Iterator[Session]:
        """Start a cloud in ``folder``, stop it at the end; another one follows if it is needed.

        :raises nova_assist.cloud.errors.CloudError: it did not start.
        """
        with cloud_for(folder, target, keep) as cloud:
            yield PairSession(cloud, lambda: cloud_for(folder / _SECOND, target, keep))


class PairSession(EmbeddedSession):
    """A cloud that is up, and one that is started where scenarios of two formats are to be run.

    :param second: makes that
    """

    def __init__(self, cloud: Cloud, second: Callable[[], Cloud]) -> None:
        super().__init__(cloud)
        self._make_second = second
        self._second: Cloud | None = None

    def judge(self, wanted: Wanted) -> Generator[ScenarioResult, None, None]:
        """Run scenarios in turn, those of different formats at the same time."""
        from nova_assist import scenarios
        from nova_assist.scenarios import runner
        from nova_assist.scenarios.embedded import EmbeddedTestbed
        from nova_assist.scenarios.paired import PairedTestbed

        formats = [scenario.image_format for scenario in runner.select(wanted.names)]
        if len(set(formats)) == 1 or len(os.sched_getaffinity(0)) == 1:
            yield from super().judge(wanted)
            return
        with self._starting() as second:
            testbed = PairedTestbed(EmbeddedTestbed(self._cloud), formats[-1], second)
            yield from scenarios.run(
                testbed, wanted.names, wanted.seed, wanted.listener, wanted.repeat
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

        with ThreadPoolExecutor(max_workers=1) as pool:
            started: Future[EmbeddedTestbed] = pool.submit(start)
            try:
                yield started
            finally:
                while not started.done():  # which nobody needs any more
                    cloud.give_up()
                    wait([started], _AGAIN_SECONDS)
                if started.exception() is None:
                    self._second = None
                    cloud.stop()
