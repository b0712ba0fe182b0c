# SPDX-License-Identifier: Apache-2.0
"""What repeated measurements come to: medians, ratios and differences with their spread. Pure.

Main class: :class:`Figure`. The spread is where the median, or the ratio of two, lies in nine of
ten resamplings of what was measured (the bootstrap's percentile interval; Efron and Tibshirani,
*An Introduction to the Bootstrap*, chapter 13).
"""

from __future__ import annotations

import dataclasses
import math
import random
import statistics
from collections.abc import Callable, Sequence

_RESAMPLINGS = 1000
_OUTSIDE = 0.05


@dataclasses.dataclass(frozen=True)
class Figure:
    """A figure, and where it may as well lie."""

    value: float
    low: float
    high: float


def median(samples: Sequence[float]) -> Figure:
    """Return the median of what was measured."""
    return _figure(lambda own: statistics.median(own[0]), [samples])


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    """Return the ratio of two medians."""
    return _figure(
        lambda both: statistics.median(both[0]) / statistics.median(both[1]), [ours, theirs]
    )


def difference(ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    """Return the difference of two medians."""
    return _figure(
        lambda both: statistics.median(both[0]) - statistics.median(both[1]), [ours, theirs]
    )


def grown(own: Sequence[float], low: Sequence[float], high: Sequence[float]) -> Figure:
    """Return the ratio by which something grows that grows by as much as something else does.

    :param own: what it is before
    :param low: what the other is before
    :param high: what the other is afterwards
    """

    def compute(samples: Sequence[Sequence[float]]) -> float:
        before, other, after = map(statistics.median, samples)
        return (before + after - other) / before

    return _figure(compute, [own, low, high])


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the slope of a straight line through points on two logarithmic scales.

    It is the power of x that y grows with: 0 is flat, 1 proportional.

    :param points: of different x, all above 0
    """
    return statistics.linear_regression(
        [math.log(x) for x, _ in points], [math.log(y) for _, y in points]
    ).slope


def _figure(
    compute: Callable[[Sequence[Sequence[float]]], float], samples: Sequence[Sequence[float]]
) -> Figure:
    rng = random.Random(0)  # noqa: S311 - the same samples have the same spread
    found = sorted(
        compute([rng.choices(own, k=len(own)) for own in samples]) for _ in range(_RESAMPLINGS)
    )
    outside = round(_OUTSIDE * _RESAMPLINGS)
    return Figure(compute(samples), found[outside], found[-1 - outside])
