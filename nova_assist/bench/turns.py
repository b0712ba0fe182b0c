# SPDX-License-Identifier: Apache-2.0
"""How subjects take turns in what is measured; main class: :class:`Turns`."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from nova_assist.bench.subject import Driver, Subject

_Subject = TypeVar('_Subject')

#: Told what is being measured.
Tell = Callable[[str], None]

_Sample = TypeVar('_Sample')


@dataclasses.dataclass(frozen=True)
class Turns:
    """The subjects, which do the same one after the other, round for round.

    :ivar drivers: the drivers, by name
    :ivar bare: those that are none, by name
    :ivar rounds: how often each does it; before that once, which doesn't count
    :ivar tell: told what is being measured
    :ivar folder: for files that last no longer than the bench
    :ivar start: has a further driver, given by its class path, in a cloud of its own for the
        length of a block
    """

    drivers: Mapping[str, Driver]
    bare: Mapping[str, Subject]
    rounds: int
    tell: Tell
    folder: Path
    start: Callable[[str], AbstractContextManager[Driver]]

    @property
    def subjects(self) -> Mapping[str, Subject]:
        """All of them, in the order in which they act."""
        return {**self.drivers, **self.bare}

    @contextlib.contextmanager
    def volumes(self, gib: int = 1, *, attached: bool = False) -> Iterator[Mapping[str, str]]:
        """Have each subject make a volume, which is removed in the end; yields them by subject."""
        made: dict[str, str] = {}
        for name, subject in self.subjects.items():
            made[name] = subject.volume(gib)
            if attached:
                subject.attach(made[name])
        yield made
        for name, volume in made.items():
            self.subjects[name].remove(volume)


def take_turns(
    subjects: Mapping[str, _Subject],
    rounds: int,
    act: Callable[[str, _Subject], Mapping[str, _Sample]],
) -> dict[str, dict[str, list[_Sample]]]:
    """Have each of some subjects act in turn, round for round.

    Who begins a round comes last in the next, so that none always follows the same one.

    :param rounds: how many count; one before them does not
    :param act: given a subject and its name, returns what came of its operations, by name
    :return: the samples by operation and subject; not every one need have every operation
    """
    found: dict[str, dict[str, list[_Sample]]] = {}
    order = collections.deque(subjects)
    for number in range(rounds + 1):
        for name in order:
            for operation, sample in act(name, subjects[name]).items():
                samples = found.setdefault(operation, {}).setdefault(name, [])
                if number:
                    samples.append(sample)
        order.rotate(-1)
    return {
        operation: {name: samples[name] for name in subjects if name in samples}
        for operation, samples in found.items()
    }
