# SPDX-License-Identifier: Apache-2.0
"""What was to be reached, and whether it was. Pure.

Main functions: :func:`outcomes` and :func:`missed`.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Sequence

from nova_assist.bench import samples, timeline
from nova_assist.bench.parts import at_once, check, long_merge, merge, volumes
from nova_assist.bench.results import CONTROL, DRIVER, FLOOR, Operation, Results
from nova_assist.bench.samples import Figure

_Computed = Callable[[Results], Figure | None]


def _unmeasured(results: Results) -> Figure | None:
    return None


class Verdict(enum.Enum):
    """Whether a target was reached."""

    MET = 'met'
    UNCLEAR = 'within the spread'
    FORBIDDEN = 'the floor forbids it'
    MISSED = 'missed'
    UNKNOWN = 'not measured'


@dataclasses.dataclass(frozen=True)
class Target:
    """Something that is to be reached.

    :ivar what: in words
    :ivar limit: which the figure may reach, in ``unit``
    :ivar unit: ``s`` for seconds, '' for a ratio or a number
    :ivar figure: computes it of the results; ``None`` if that was not measured
    :ivar least: the figure is to be at least the limit, not at most
    :ivar floor: computes the same of what has nothing around it, if that was measured
    """

    what: str
    limit: float
    unit: str
    figure: _Computed
    least: bool = False
    floor: _Computed = _unmeasured

    def reached_by(self, value: float) -> bool:
        """Tell whether a figure would be good enough."""
        return value >= self.limit if self.least else value <= self.limit

    def in_reach_of(self, figure: Figure) -> bool:
        """Tell whether the best of a figure's spread would be."""
        return self.reached_by(figure.high if self.least else figure.low)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a target was reached; the figures are ``None`` if they were not measured.

    :ivar floor: what can't be beaten by a driver that has the same done by QEMU, or Cinder
    """

    target: Target
    figure: Figure | None
    floor: Figure | None = None

    @property
    def verdict(self) -> Verdict:
        """Tell whether it was reached; beyond the spread or not; whether it could have been."""
        if self.figure is None:
            return Verdict.UNKNOWN
        if self.target.reached_by(self.figure.value):
            return Verdict.MET
        if self.target.in_reach_of(self.figure):
            return Verdict.UNCLEAR
        if self.floor is not None and not self.target.in_reach_of(self.floor):
            return Verdict.FORBIDDEN
        return Verdict.MISSED


def outcomes(results: Results) -> list[Outcome]:
    """Return how each target was reached."""
    return [Outcome(each, each.figure(results), each.floor(results)) for each in TARGETS]


def missed(found: Sequence[Outcome]) -> bool:
    """Tell whether a target was missed beyond the spread."""
    return any(outcome.verdict is Verdict.MISSED for outcome in found)


def _of(name: str, compute: Callable[[Operation], Figure | None]) -> _Computed:
    """Return what computes a figure of an operation, if that was measured."""

    def figure(results: Results) -> Figure | None:
        found = results.operation(name)
        return None if found is None else compute(found)

    return figure


def _inside(found: Operation) -> Figure:
    """Compare the time inside the drivers."""
    return samples.ratio(found.inside(DRIVER), found.inside(CONTROL))


def _floor_inside(found: Operation) -> Figure:
    """Compare what takes QEMU by itself with the time inside the control."""
    return samples.ratio(found.whole(FLOOR), found.inside(CONTROL))


def _processes(found: Operation) -> Figure:
    return samples.median([each.processes for each in found.samples[DRIVER]])


def _above_floor(found: Operation) -> Figure:
    """Return the seconds from end to end that bare calls of QEMU don't take."""
    return samples.difference(found.whole(DRIVER), found.whole(FLOOR))


def _noticing(found: Operation) -> Figure | None:
    """Return the seconds from the beginning of Nova's call-back until the driver goes on.

    ``None`` for a driver that does so without Nova, or does nothing more on the share.
    """
    moments = [each.moments for each in found.samples[DRIVER]]
    seconds = [
        each[timeline.GOES_ON] - each[timeline.REPORTED]
        for each in moments
        if timeline.GOES_ON in each and timeline.REPORTED in each
    ]
    return samples.median(seconds) if seconds else None


def _at(
    name: str,
    x: float,
    *,
    of: str = DRIVER,
    against: str | None = None,
    swapped: bool = False,
) -> _Computed:
    """Return a point of a curve, or its ratio to another subject's.

    :param of: the subject
    :param swapped: the ratio of the other one to that
    """

    def figure(results: Results) -> Figure | None:
        found = results.curve(name)
        own = found.points.get(of, {}).get(x) if found else None
        if found is None or own is None:
            return None
        if against is None:
            return samples.median(own)
        other = found.points[against][x]
        return samples.ratio(other, own) if swapped else samples.ratio(own, other)

    return figure


def _growth(name: str, low: float, high: float) -> _Computed:
    """Compare a driver with itself, at two points of a curve."""

    def figure(results: Results) -> Figure | None:
        found = results.curve(name)
        own = found.points[DRIVER] if found else {}
        return samples.ratio(own[high], own[low]) if low in own and high in own else None

    return figure


def _floor_growth(name: str, low: float, high: float) -> _Computed:
    """Tell what the driver would grow by if it took as much longer as the floor does."""

    def figure(results: Results) -> Figure | None:
        found = results.curve(name)
        own, floor = ((found.points.get(each, {}) if found else {}) for each in (DRIVER, FLOOR))
        if low not in own or low not in floor or high not in floor:
            return None
        return samples.grown(own[low], floor[low], floor[high])

    return figure


def _run(results: Results) -> Figure | None:
    return samples.median(results.run_seconds) if results.run_seconds else None


TARGETS = (
    Target(
        'offline create, in the driver, against the control',
        1 / 4,
        '',
        _of('create-offline', _inside),
    ),
    Target('processes of an offline create', 1, '', _of('create-offline', _processes)),
    Target(
        'offline delete at depth 10, in the driver, against the control',
        1 / 5,
        '',
        _of('delete-deep', _inside),
        floor=_of('delete-deep', _floor_inside),
    ),
    Target(
        'offline delete of 1 MiB at depth 10, in the driver, against the control',
        1 / 5,
        '',
        _of('delete-written-deep', _inside),
        floor=_of('delete-written-deep', _floor_inside),
    ),
    Target(
        'offline create at depth 100, against depth 1', 1.3, '', _growth('depth-create', 1, 100)
    ),
    Target(
        'offline delete at depth 100, against depth 1',
        1.3,
        '',
        _growth('depth-delete', 1, 100),
        floor=_floor_growth('depth-delete', 1, 100),
    ),
    Target(
        'offline delete of 1 MiB at depth 100, against depth 1',
        1.3,
        '',
        _growth('depth-delete-written', 1, 100),
        floor=_floor_growth('depth-delete-written', 1, 100),
    ),
    Target(
        'online create, end to end, above the floor', 0.25, 's', _of('create-online', _above_floor)
    ),
    Target('noticing that Nova calls back', 0.1, 's', _of(timeline.OPERATION, _noticing)),
    Target(
        'questions a second in a merge of more than 20 s',
        1,
        '',
        _at(long_merge.NAME, long_merge.AGES[-1]),
    ),
    Target(
        'capacities with 10,000 volumes, against the control',
        1 / 20,
        '',
        _at(volumes.NAME, 10_000, against=CONTROL),
        floor=_at(volumes.NAME, 10_000, of=FLOOR, against=CONTROL),
    ),
    Target(
        'capacities with 10,000 volumes, against 10',
        1.3,
        '',
        _growth(volumes.NAME, 10, 10_000),
        floor=_floor_growth(volumes.NAME, 10, 10_000),
    ),
    Target(
        '32 online snapshots at once, a second, against the control',
        4,
        '',
        _at(at_once.NAME, 32, against=CONTROL),
        least=True,
        floor=_at(at_once.NAME, 32, of=FLOOR, against=CONTROL),
    ),
    Target(
        'merge of 4 GiB, bandwidth against bare qemu-img',
        0.9,
        '',
        _at(merge.NAME, merge.LARGE, against=FLOOR, swapped=True),
        least=True,
    ),
    Target('nova-assist run, all default scenarios', 60, 's', _run),
    Target('nova-assist check, 1,000 volumes, 10 deep', 5, 's', _at(check.NAME, 1000)),
    Target(
        'memory of nova-assist check, 1,000 volumes against 10',
        1.3,
        '',
        _growth(check.MEMORY, 10, 1000),
    ),
)
