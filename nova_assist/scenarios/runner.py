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
from concurrent.futures import ThreadPoolExecutor, as_completed

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
    hand_over,
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
    hand_over.STORY,
    cluster.STORY,
)


@dataclasses.dataclass(frozen=True)
class ScenarioInfo:
    """A scenario as it is listed; ``slow`` tells why it is played only if it is asked for."""

    name: str
    description: str
    slow: str


#: A scenario with its place among those that are played.
Numbered = tuple[int, Scenario]


@dataclasses.dataclass(frozen=True)
class Part:
    """Scenarios that are played in one of several clouds.

    :ivar testbed: returns the cloud once it is up; given what is set when the run is being stopped
    """

    testbed: Callable[[threading.Event], Testbed]
    scenarios: Sequence[Numbered]


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
    then those that need several shares; the listener is told of all in the caller's thread. Ending
    the iteration early stops the scenarios under way at their next wait.

    :param names: names of scenarios, or of stories, which stand for both formats
    :param seed: everything random follows from it and from a scenario's name
    :param repeat: returns the command line that plays the named scenario again
    :raises UnknownScenario: before anything is played
    """
    chosen = select(names)
    return play(testbed, chosen, seed, listener, repeat)


def run_apart(
    testbeds: Sequence[Callable[[threading.Event], Testbed]],
    names: Sequence[str],
    seed: int,
    listener: Listener,
    repeat: Callable[[str], str],
) -> Iterator[ScenarioResult]:
    """Play scenarios as :func:`run` does, in several clouds at the same time, story by story.

    :param testbeds: what :class:`Part` has of each cloud
    """
    chosen = select(names)
    stories = list(dict.fromkeys(scenario.story.name for scenario in chosen))
    numbered = list(enumerate(chosen, 1))
    parts = [
        Part(
            testbed,
            [each for each in numbered if each[1].story.name in stories[place :: len(testbeds)]],
        )
        for place, testbed in enumerate(testbeds)
    ]
    yield from _play(parts, seed, listener, repeat)


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
    numbered = list(enumerate(chosen, 1))
    yield from _play([Part(lambda stop: testbed, numbered)], seed, listener, repeat)


def _play(
    parts: Sequence[Part], seed: int, listener: Listener, repeat: Callable[[str], str]
) -> Iterator[ScenarioResult]:
    relay = _Relay(listener)
    stop = threading.Event()
    total = sum(len(part.scenarios) for part in parts)

    def play_lane(testbed: Testbed, lane: Sequence[Numbered]) -> None:
        with testbed.judges(lane[0][1].formats) as judges:
            player = Player(testbed, seed, stop, judges)
            for index, scenario in lane:
                if not stop.is_set():
                    relay.scenario_started(scenario.name, index, total)
                    relay.scenario_finished(player.play(scenario, relay, repeat))

    def play_part(part: Part) -> None:
        try:
            testbed = part.testbed(stop)
            lanes, last = _lanes(testbed, part.scenarios)
            with ThreadPoolExecutor(max_workers=len(lanes) + 1) as pool:
                # A failure has to be heard of before other lanes have ended.
                playing = [pool.submit(play_lane, testbed, lane) for lane in lanes]
                for ended in as_completed(playing):
                    ended.result()
                if last:
                    play_lane(testbed, last)
        except BaseException as error:
            relay.failed(error)

    with ThreadPoolExecutor(max_workers=len(parts)) as pool:
        try:
            for part in parts:
                pool.submit(play_part, part)
            yield from relay.results(total)
        finally:
            stop.set()


def _lanes(
    testbed: Testbed, chosen: Sequence[Numbered]
) -> tuple[list[list[Numbered]], list[Numbered]]:
    """Return the scenarios, those that can't meet in a list of their own.

    Those that may meet any other, or disturb it, are returned apart, as the last ones.
    """
    lanes: dict[Hashable, list[Numbered]] = {}
    last = []
    for index, scenario in chosen:
        lane, *others = testbed.lanes(scenario.formats)
        if others or scenario.story.alone:
            last.append((index, scenario))
        else:
            lanes.setdefault(lane, []).append((index, scenario))
    return list(lanes.values()), last
