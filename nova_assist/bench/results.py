# SPDX-License-Identifier: Apache-2.0
"""What was measured, as values; main class: :class:`Results`.

How it is told is left to :mod:`nova_assist.bench.text`, :mod:`nova_assist.bench.json_form` and
:mod:`nova_assist.bench.page`, what was to be reached to :mod:`nova_assist.bench.targets`.
"""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Mapping, Sequence

from nova_assist.bench import samples
from nova_assist.bench.subject import Timed

#: The subjects: the driver under test, the one it is compared with, and what no driver can be
#: faster than that has QEMU do the same, which usually is :data:`BARE`.
DRIVER, CONTROL, FLOOR = 'driver', 'control', 'floor'

BARE = 'bare calls of QEMU'


@dataclasses.dataclass(frozen=True)
class Operation:
    """What was measured of one operation.

    :ivar name: such as ``create-offline``
    :ivar title: what it is, in words
    :ivar samples: by subject, in the order in which they were measured
    """

    name: str
    title: str
    samples: Mapping[str, Sequence[Timed]]

    def whole(self, subject: str) -> list[float]:
        """Return the seconds that it took, end to end."""
        return [timed.whole for timed in self.samples[subject]]

    def inside(self, subject: str) -> list[float]:
        """Return the seconds that it took inside the driver."""
        return [timed.driver for timed in self.samples[subject]]

    def by_driver(self, subject: str) -> Sequence[Timed]:
        """Return the samples of which the times in the driver tell something; maybe none."""
        return [timed for timed in self.samples.get(subject, ()) if not timed.left]


@dataclasses.dataclass(frozen=True)
class Curve:
    """How something grows with something else.

    :ivar name: such as ``depth-create``
    :ivar title: what it is, in words
    :ivar across: what grows, with its unit
    :ivar up: what was measured, with its unit
    :ivar points: by subject, for each x every y that was measured
    :ivar floor: what the floor is, if it has points
    """

    name: str
    title: str
    across: str
    up: str
    points: Mapping[str, Mapping[float, Sequence[float]]]
    floor: str = BARE

    def medians(self, subject: str) -> list[tuple[float, float]]:
        """Return the points of a subject, each the median of what was measured there.

        Those of 0 are left out, which have no place on a logarithmic scale.
        """
        points = [(x, statistics.median(ys)) for x, ys in sorted(self.points[subject].items())]
        return [(x, y) for x, y in points if y > 0]

    def slopes(self) -> dict[str, float]:
        """Return the slope on logarithmic scales, by subject; of one with two points at least."""
        points = {name: self.medians(name) for name in self.points}
        return {name: samples.slope(own) for name, own in points.items() if len(own) > 1}


@dataclasses.dataclass
class Results:
    """All that was measured in one run.

    :ivar drivers: the class paths by subject
    :ivar versions: of what took part
    :ivar machine: what tells of the machine
    :ivar rounds: how often each was measured
    :ivar seconds: how long all of it took
    :ivar refused: what a driver does not do, and why, by operation and subject
    :ivar run_seconds: what ``nova-assist run`` took, each time
    """

    drivers: Mapping[str, str]
    image_format: str
    rounds: int
    versions: Mapping[str, str] = dataclasses.field(default_factory=dict)
    machine: Mapping[str, str] = dataclasses.field(default_factory=dict)
    started: str = ''
    seconds: float = 0.0
    operations: list[Operation] = dataclasses.field(default_factory=list)
    curves: list[Curve] = dataclasses.field(default_factory=list)
    run_seconds: list[float] = dataclasses.field(default_factory=list)
    refused: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)

    @property
    def measured(self) -> bool:
        """Whether anything was."""
        return bool(self.operations or self.curves or self.run_seconds)

    def operation(self, name: str) -> Operation | None:
        """Return what was measured of an operation, ``None`` if it was not."""
        return next((each for each in self.operations if each.name == name), None)

    def curve(self, name: str) -> Curve | None:
        """Return a curve, ``None`` if it was not measured."""
        return next((each for each in self.curves if each.name == name), None)
