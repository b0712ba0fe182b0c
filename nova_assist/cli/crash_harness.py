# SPDX-License-Identifier: Apache-2.0
"""What ``nova-assist run --crash`` needs: a cloud whose services can be killed, and operations.

Main class: :class:`CrashHarness`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
import threading
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nova_assist.cli.harness import (
    EmbeddedHarness,
    EmbeddedSession,
    ScenarioInfo,
    Wanted,
    cloud_for,
)
from nova_assist.cli.target import Target
from nova_assist.reports.model import ScenarioResult

if TYPE_CHECKING:
    from nova_assist.cloud.cloud import Cloud
    from nova_assist.cloud.cluster import Peer
    from nova_assist.faults.victims import Traps
    from nova_assist.scenarios.testbed import Testbed

_POINT = re.compile(r'(?P<base>.+)@(?P<point>[1-9][0-9]{0,5})')


@dataclasses.dataclass(frozen=True)
class _Info:
    name: str
    description: str
    slow: str = ''


class CrashHarness(EmbeddedHarness):
    """Operations to die in, each on raw and on qcow2 volumes.

    :param sample: die at so many points of each only, ``None`` for all
    """

    def __init__(self, sample: int | None) -> None:
        self._sample = sample

    def scenarios(self) -> Sequence[ScenarioInfo]:
        """Return every operation."""
        from nova_assist.faults.exhaustion import all_scenarios

        return [_Info(each.name, each.description) for each in all_scenarios()]

    def named(self, name: str) -> Sequence[ScenarioInfo]:
        """Return an operation, on volumes of both formats, or one point ``…@7`` of one."""
        match = _POINT.fullmatch(name)
        base = match['base'] if match else name
        names = {base} if match else {base, f'{base}-raw', f'{base}-qcow2'}
        found = [each for each in self.scenarios() if each.name in names]
        return [_Info(name, each.description) for each in found] if match else found

    @contextlib.contextmanager
    def open(self, folder: Path, target: Target, keep: bool) -> Iterator[CrashSession]:
        """Start a cloud in ``folder`` whose services are in traps, stop it at the end.

        :raises nova_assist.accounts.AccountError: an account can't be used.
        :raises nova_assist.cloud.errors.CloudError: it did not start.
        """
        from nova_assist.cloud.cluster import ClusteredCloud
        from nova_assist.faults.victims import Traps

        traps = Traps.made(folder)
        with contextlib.ExitStack() as standing:
            cloud = standing.enter_context(
                cloud_for(
                    folder, target, keep, traps.cinder.environment, traps.compute_environment
                )
            )
            peer = None
            if isinstance(cloud, ClusteredCloud):
                peer = standing.enter_context(cloud.peer(environment=traps.peer.environment))
            yield CrashSession(cloud, traps, self._sample, peer)


class CrashSession(EmbeddedSession):
    """A cloud whose services are in traps, the second Cinder too if there is one."""

    def __init__(
        self, cloud: Cloud, traps: Traps, sample: int | None, peer: Peer | None = None
    ) -> None:
        super().__init__(cloud)
        self._peer = peer
        self._traps = traps
        self._sample = sample

    def judge(self, wanted: Wanted) -> Generator[ScenarioResult, None, None]:
        """Play the operations in turn, with a death at each point."""
        from nova_assist.faults.exhaustion import CrashScenario, Exhaustion

        testbed = self._testbed()
        listener = wanted.listener
        for index, name in enumerate(wanted.names, 1):
            listener.scenario_started(name, index, len(wanted.names))
            scenario = CrashScenario.named(name)
            with testbed.judges(scenario.formats) as judges:
                exhaustion = Exhaustion(
                    testbed,
                    self._cloud,
                    self._traps,
                    wanted.seed,
                    threading.Event(),
                    judges,
                    self._sample,
                )
                result = exhaustion.play(scenario, listener, wanted.repeat)
            listener.scenario_finished(result)
            yield result

    def _testbed(self) -> Testbed:
        from nova_assist.cloud.cluster import ClusteredCloud
        from nova_assist.scenarios.clustered import ClusteredTestbed
        from nova_assist.scenarios.embedded import EmbeddedTestbed

        if isinstance(self._cloud, ClusteredCloud) and self._peer:
            return ClusteredTestbed(self._cloud, self._peer, spread=False)
        return EmbeddedTestbed(self._cloud)
