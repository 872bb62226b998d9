"""How sure it is that a target is met: values with intervals instead of bare values.

An interval that holds the truth in 90 of 100 cases is read as two halves of normal distributions that meet at the
value, each as wide as its side of the interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from sekkei.core.targets import Target
from sekkei.core.types import Floats
from sekkei.rank.scale import Span, desirability, mean

_NORMAL = NormalDist()
SIDE = _NORMAL.inv_cdf(0.95)
"""Standard deviations from the value to either end of a 90 % interval."""

POINTS = 41
"""Values at which a distribution is looked at, each standing for as much of it as the others."""


def spread(values: Floats, intervals: Floats) -> Floats:
    """Equally likely values under each interval, clipped to nothing: (n, :data:`POINTS`).

    Args:
        values: (n,) the values.
        intervals: (n, 2) ends of their 90 % intervals, NaN where a value is exact.
    """
    steps = np.array([_NORMAL.inv_cdf((k + 0.5) / POINTS) for k in range(POINTS)])
    low = np.where(np.isnan(intervals[:, 0]), 0.0, np.maximum(values - intervals[:, 0], 0.0))
    high = np.where(np.isnan(intervals[:, 1]), 0.0, np.maximum(intervals[:, 1] - values, 0.0))
    width = np.where(steps[None, :] < 0, low[:, None], high[:, None]) / SIDE
    return np.asarray(values[:, None] + steps[None, :] * width)


def chance(target: Target, values: Floats, intervals: Floats) -> Floats:
    """Chance that a target is met, 0 to 1, in steps of 1 / :data:`POINTS`; 0 for a missing value. (n,)."""
    points = spread(values, intervals)
    return np.asarray(target.satisfied(points).mean(axis=1))


def chances(targets: Sequence[Target], values: Floats, intervals: Floats) -> Floats:
    """Chance that all targets are met, their errors taken as independent of each other. (n,).

    Args:
        targets: t wishes; an open goal (min, max) is met by any value.
        values: (n, t).
        intervals: (n, t, 2), NaN where exact.
    """
    parts = [chance(target, values[:, j], intervals[:, j]) for j, target in enumerate(targets)]
    return np.asarray(np.prod(parts, axis=0)) if parts else np.ones(len(values))


def expected(targets: Sequence[Target], values: Floats, intervals: Floats, spans: Sequence[Span | None]) -> Floats:
    """The score of uncertain values: that of :mod:`sekkei.rank.scale`, each desirability averaged over its interval.

    A value whose whole interval lies in the window beats one at the edge, of which half may lie outside. Where no value
    has an interval this is the plain score.

    Args:
        targets: t wishes.
        values: (n, t) in the measures' units.
        intervals: (n, t, 2) ends of the 90 % intervals, NaN where a value is exact.
        spans: as in :func:`sekkei.rank.scale.overall`.
    """
    columns = []
    for j, target in enumerate(targets):
        plain = desirability(target, values[:, j], spans[j])
        unsure = np.isfinite(intervals[:, j]).all(axis=1)
        if unsure.any():
            points = spread(values[unsure, j], intervals[unsure, j])
            plain[unsure] = desirability(target, points.ravel(), spans[j]).reshape(points.shape).mean(axis=1)
        columns.append(plain)
    return mean(targets, columns, len(values))
