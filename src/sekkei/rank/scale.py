"""One number from several targets: desirability (Derringer & Suich, J. Quality Technology 12, 214, 1980)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sekkei.core.targets import Target
from sekkei.core.types import Floats

EDGE = 0.8
"""Desirability at the ends of a window; the centre has 1, so that the list is not all ties."""

REACH = 3.0
"""Tolerances outside a window or bound at which desirability has fallen to 0."""

FLOOR = 0.01
"""Desirability of the worst value of an open goal (min, max): such a value is poor, never forbidden."""

Span = tuple[float, float]


def desirability(target: Target, values: Floats, span: Span | None = None) -> Floats:
    """How welcome each value is.

    A window is Derringer and Suich's two-sided function (exponents 1) with a bend at the window's
    ends; a bound is their one-sided function, which is 1 all the way from the bound on; an open goal
    is one-sided between the ends of ``span``.

    Args:
        target: the wish.
        values: (n,) in the measure's unit, NaN where missing.
        span: usual range of the measure [its unit], needed for ``min`` and ``max`` only.

    Returns:
        (n,) between 0 and 1; 0 where the value is missing.

    Raises:
        ValueError: an open goal without a span.
    """
    values = np.asarray(values, dtype=np.float64)
    if target.goal in ("min", "max"):
        if span is None:
            raise ValueError(f"the open goal {target.text} needs a span to be scaled by")
        wanted = _open(target.goal, values, span)
    else:
        outside = np.clip(1.0 - target.miss(values) / REACH, 0.0, 1.0)
        wanted = (
            np.where(outside < 1.0, EDGE * outside, _inside(target, values)) if target.goal == "window" else outside
        )
    return np.asarray(np.where(np.isnan(values), 0.0, wanted))


def overall(targets: Sequence[Target], values: Floats, spans: Sequence[Span | None]) -> Floats:
    """Weighted geometric mean of the desirabilities (weights as in Derringer, Quality Progress 27, 51, 1994).

    Args:
        targets: t wishes.
        values: (n, t) in the measures' units.
        spans: usual range of each measure, None where no open goal needs it.

    Returns:
        (n,) between 0 and 1: 0 as soon as one wish is entirely missed, 1 everywhere without wishes.
    """
    return mean(targets, [desirability(t, values[:, j], spans[j]) for j, t in enumerate(targets)], len(values))


def mean(targets: Sequence[Target], columns: Sequence[Floats], n: int) -> Floats:
    """Weighted geometric mean of one column (n,) of desirabilities per target; see :func:`overall`."""
    if not targets:
        return np.ones(n)
    parts = np.stack(columns, axis=1)
    weights = np.array([t.weight for t in targets])
    with np.errstate(divide="ignore"):
        logs = np.log(parts)
    return np.asarray(np.exp((logs * (weights / weights.sum())).sum(axis=1)))


def _open(goal: str, values: Floats, span: Span) -> Floats:
    low, high = span
    if not high > low:
        return np.ones(len(values))
    part = np.clip((values - low) / (high - low), 0.0, 1.0)
    return np.asarray(FLOOR + (1.0 - FLOOR) * (part if goal == "max" else 1.0 - part))


def _inside(target: Target, values: Floats) -> Floats:
    half = (target.high - target.low) / 2.0
    if half == 0.0:
        return np.ones(len(values))
    away = np.abs(values - (target.low + half)) / half
    return np.asarray(1.0 - (1.0 - EDGE) * np.minimum(away, 1.0))
