# SPDX-License-Identifier: Apache-2.0
"""Plays scenarios in a cloud, those of different shares at the same time.

Main functions: :func:`run`, and :func:`play` for stories of others. Ours are one a module,
collected in :data:`STORIES`.
"""

from __future__ import annotations

import dataclasses
import queue
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from nova_assist.reports.model import ScenarioResult, Step
from nova_assist.reports.progress import Listener
from nova_assist.scenarios import (
    backup,
    clone,
    clone_attached,
    clone_from_snapshots,
    cluster,
    damaged_record,
    encrypted,
    extend_attached,
    extend_offline,
    image_cache,
    image_transfer,
    manage,
    mixed,
    offline_chain,
    online_chain,
    reattach,
    reboot,
    retype,
    revert,
    several_shares,
)
from nova_assist.scenarios.errors import UnknownScenario
from nova_assist.scenarios.player import Player, Scenario
from nova_assist.scenarios.story import FORMATS
from nova_assist.scenarios.testbed import Testbed

STORIES = (
    offline_chain.STORY,
    online_chain.STORY,
    mixed.STORY,
    clone_from_snapshots.STORY,
    clone.STORY,
    clone_attached.STORY,
    backup.STORY,
    reboot.STORY,
    reattach.STORY,
    extend_offline.STORY,
    extend_attached.STORY,
    image_transfer.STORY,
    image_cache.STORY,
    revert.STORY,
    manage.STORY,
    retype.STORY,
    damaged_record.STORY,
    encrypted.STORY,
    several_shares.STORY,
    cluster.STORY,
)


@dataclasses.dataclass(frozen=True)
class ScenarioInfo:
    """A scenario as it is listed; ``slow`` tells why it is played only if it is asked for."""

    name: str
    description: str
    slow: str


def all_scenarios() -> Sequence[ScenarioInfo]:
    """Return every scenario, in the order in which they are played."""
    return tuple(
        ScenarioInfo(
            scenario.name,
            f'{scenario.story.description} ({scenario.image_format} volumes)',
            scenario.story.slow,
        )
        for scenario in _scenarios()
    )


def run(
    testbed: Testbed,
    names: Sequence[str],
    seed: int,
    listener: Listener,
    repeat: Callable[[str], str],
) -> Iterator[ScenarioResult]:
    """Play scenarios, and yield each one's result when it ends.

    Scenarios on different shares are played at the same time, for nothing of theirs can meet, and
    then those that need several shares; the listener is told of all in the
    caller's thread. Ending the iteration early stops the scenarios under way at their next wait.

    :param names: names of scenarios, or of stories, which stand for both formats
    :param seed: everything random follows from it and from a scenario's name
    :param repeat: returns the command line that plays the named scenario again
    :raises UnknownScenario: before anything is played
    """
    chosen = select(names)
    return play(testbed, chosen, seed, listener, repeat)


def select(names: Iterable[str]) -> list[Scenario]:
    """Return the scenarios of these names, each once, in the order in which they are played.

    :raises UnknownScenario: if there is none of one of the names
    """
    known = _scenarios()
    wanted = set(names)
    unknown = wanted.difference(*({scenario.name, scenario.story.name} for scenario in known))
    if unknown:
        raise UnknownScenario(min(unknown), [scenario.name for scenario in known])
    return [each for each in known if {each.name, each.story.name} & wanted]


def _scenarios() -> list[Scenario]:
    return [Scenario(story, image_format) for story in STORIES for image_format in FORMATS]


class _Relay:
    """A listener for the playing threads, which has the caller's thread tell the real one."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._calls: queue.Queue[Callable[[], ScenarioResult | None]] = queue.Queue()

    def scenario_started(self, name: str, index: int, total: int) -> None:
        self._calls.put(lambda: self._listener.scenario_started(name, index, total))

    def step_started(self, scenario: str, step: str) -> None:
        self._calls.put(lambda: self._listener.step_started(scenario, step))

    def step_finished(self, scenario: str, step: Step) -> None:
        self._calls.put(lambda: self._listener.step_finished(scenario, step))

    def scenario_finished(self, result: ScenarioResult) -> None:
        def finish() -> ScenarioResult:
            self._listener.scenario_finished(result)
            return result

        self._calls.put(finish)

    def failed(self, error: BaseException) -> None:
        """Have the caller's thread fail with what ended a playing thread."""

        def fail() -> None:
            raise error

        self._calls.put(fail)

    def results(self, count: int) -> Iterator[ScenarioResult]:
        """Tell the real listener everything, and yield each result, until there are ``count``."""
        while count:
            result = self._calls.get()()
            if result is not None:
                count -= 1
                yield result


def play(
    testbed: Testbed,
    chosen: Sequence[Scenario],
    seed: int,
    listener: Listener,
    repeat: Callable[[str], str],
) -> Iterator[ScenarioResult]:
    """Play scenarios of any kind, as :func:`run` does those that it knows by name."""
    relay = _Relay(listener)
    stop = threading.Event()

    def play_lane(lane: Sequence[tuple[int, Scenario]]) -> None:
        try:
            with testbed.judges(lane[0][1].formats, stop) as judges:
                player = Player(testbed, seed, stop, judges)
                for index, scenario in lane:
                    if not stop.is_set():
                        relay.scenario_started(scenario.name, index, len(chosen))
                        relay.scenario_finished(player.play(scenario, relay, repeat))
        except BaseException as error:
            relay.failed(error)

    def play_after(others: Sequence[Future[None]], last: Sequence[tuple[int, Scenario]]) -> None:
        wait(others)
        if last:
            play_lane(last)

    lanes, last = _lanes(testbed, chosen)
    with ThreadPoolExecutor(max_workers=len(lanes) + 1) as pool:
        pool.submit(play_after, [pool.submit(play_lane, lane) for lane in lanes], last)
        try:
            yield from relay.results(len(chosen))
        finally:
            stop.set()


def _lanes(
    testbed: Testbed, chosen: Sequence[Scenario]
) -> tuple[list[list[tuple[int, Scenario]]], list[tuple[int, Scenario]]]:
    """Return the scenarios with their numbers, those that can't meet in a list of their own.

    Those that may meet any other, or disturb it, are returned apart, as the last ones.
    """
    lanes: dict[Hashable, list[tuple[int, Scenario]]] = {}
    last = []
    for index, scenario in enumerate(chosen, 1):
        lane, *others = testbed.lanes(scenario.formats)
        if others or scenario.story.alone:
            last.append((index, scenario))
        else:
            lanes.setdefault(lane, []).append((index, scenario))
    return list(lanes.values()), last
