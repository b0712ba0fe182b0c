# SPDX-License-Identifier: Apache-2.0
"""A part of the bench: what else is done with volumes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nova_assist.bench.errors import BenchError
from nova_assist.bench.results import Operation, Results
from nova_assist.bench.subject import Driver, Timed
from nova_assist.bench.turns import Turns, take_turns

_TITLES = {
    'make': 'make an empty volume',
    'extend-offline': 'offline: extend a volume by 1 GiB',
    'copy': 'make a volume of a snapshot',
    'revert': 'revert a volume to its snapshot',
    'clone-offline': 'offline: clone a volume',
    'delete': 'delete a volume',
    'extend-online': 'online: extend a volume by 1 GiB',
    'clone-online': 'online: clone a volume',
}


def measure(turns: Turns, results: Results) -> None:
    """Measure what else is done with volumes, which are empty; not every driver can all of it."""
    turns.tell('other operations')
    found = take_turns(turns.drivers, turns.rounds, _offline)
    found |= take_turns(turns.drivers, turns.rounds, _Online(results).act)
    results.operations += [
        Operation(name, title, found[name]) for name, title in _TITLES.items() if name in found
    ]


def _offline(name: str, driver: Driver) -> Mapping[str, Timed]:
    volume, made = driver.make()
    cloned, clone = driver.clone(volume)
    driver.remove(cloned)
    return {
        'make': made,
        'clone-offline': clone,
        'extend-offline': driver.extend(volume, 2),
        'delete': driver.delete(volume),
        **_of_a_snapshot(driver),
    }


def _of_a_snapshot(driver: Driver) -> Mapping[str, Timed]:
    """Use a volume of its own, which not every driver has in order after a revert."""
    volume = driver.volume()
    snapshot, _ = driver.create_snapshot(volume)
    copied, copy = driver.copy(snapshot)
    reverted = driver.revert(volume, snapshot)
    driver.remove(copied)
    driver.remove(volume)
    return {'copy': copy, 'revert': reverted}


class _Online:
    """Does what a driver may refuse, which is told, and not asked of it again then."""

    def __init__(self, results: Results) -> None:
        self._refused = results.refused
        self._done: set[tuple[str, str]] = set()

    def act(self, name: str, driver: Driver) -> Mapping[str, Timed]:
        """Extend and clone a volume that a guest has open."""
        deeds = {'extend-online': _extend, 'clone-online': _clone}
        found = {
            operation: self._try(name, driver, operation, deed)
            for operation, deed in deeds.items()
        }
        return {operation: timed for operation, timed in found.items() if timed is not None}

    def _try(
        self,
        name: str,
        driver: Driver,
        operation: str,
        deed: Callable[[Driver, str], tuple[str, Timed]],
    ) -> Timed | None:
        reasons = self._refused.setdefault(_TITLES[operation], {})
        if name in reasons:
            return None
        volume = driver.volume()
        driver.attach(volume)
        try:
            made, timed = deed(driver, volume)
        except BenchError as error:
            if (name, operation) in self._done:
                raise
            reasons[name] = str(error)  # the volume stays as long as the cloud
            return None
        self._done.add((name, operation))
        for each in {made, volume}:
            driver.remove(each)
        return timed


def _extend(driver: Driver, volume: str) -> tuple[str, Timed]:
    if not driver.extends_attached():
        raise BenchError('it tells so itself (online_extend_support)')
    return volume, driver.extend(volume, 2)


def _clone(driver: Driver, volume: str) -> tuple[str, Timed]:
    return driver.clone(volume)
