"""95 % intervals of figures over a finite sample, and in words how each was made.

They tell how far a figure would move with another sample of the same size from the same generator. They say nothing
of other seeds of training, nor of the bias that figures such as FCD have in small samples; the reference set is taken
as fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sekkei.core.types import Floats

RESAMPLES = 1_000
GROUPS = 20
LEAST = 2 * GROUPS
"""Samples from which on groups are left out: two in each."""
TOO_FEW = "too few samples to leave groups out"
_NORMAL_ABOVE = 10_000
_T19 = 2.093  # two-sided 95 % point of Student's t with GROUPS - 1 degrees of freedom


@dataclass(frozen=True)
class Interval:
    """A 95 % interval and how it was made.

    Attributes:
        low: lower end; NaN where there is none.
        high: upper end.
        method: how, or why there is none.
    """

    low: float
    high: float
    method: str


def no_interval(why: str) -> Interval:
    """Said of a figure for which no resampling is honest."""
    return Interval(float("nan"), float("nan"), f"none: {why}")


def of_share(hits: int, n: int, seed: int = 0) -> Interval:
    """Percentile bootstrap of a share; resampling n yes-or-no answers is a binomial draw.

    Where all answers agree the bootstrap has no width; the exact bound of Clopper & Pearson (Biometrika 26, 404,
    1934) is given instead.
    """
    if n == 0:
        return no_interval("no sample")
    if hits in (0, n):
        edge = 0.025 ** (1.0 / n)
        low, high = (0.0, 1.0 - edge) if hits == 0 else (edge, 1.0)
        return Interval(low, high, "exact binomial (Clopper-Pearson)")
    draws = np.random.default_rng(seed).binomial(n, hits / n, RESAMPLES) / n
    return _percentiles(draws, f"percentile bootstrap, {RESAMPLES} resamples")


def of_mean(values: Floats, seed: int = 0, places: int = 1) -> Interval:
    """Percentile bootstrap of a mean of (n,) values; above 10,000 the normal interval it tends to.

    Args:
        values: one number per sample.
        seed: of the resampling.
        places: in how many places each sample enters the figure: 2 for a mean over pairs, whose first-order
            deviations are twice those of the row means (Hoeffding, Ann. Math. Stat. 19, 293, 1948).
    """
    n = len(values)
    if n < 2:
        return no_interval("fewer than two samples")
    mean = float(values.mean())
    rows = " of row means, deviations doubled since each sample enters twice" if places == 2 else ""
    if n > _NORMAL_ABOVE:
        half = 1.96 * places * float(values.std(ddof=1)) / n**0.5
        return Interval(mean - half, mean + half, f"normal interval{rows}")
    random = np.random.default_rng(seed)
    draws = np.array([values[random.integers(0, n, n)].mean() for _ in range(RESAMPLES)])
    return _percentiles(mean + places * (draws - mean), f"percentile bootstrap{rows}, {RESAMPLES} resamples")


def of_pairs(figure: Callable[[Floats, Floats], float], a: Floats, b: Floats, seed: int = 0) -> Interval:
    """Percentile bootstrap of a figure of pairs (n,), (n,), such as a rank correlation; 200 resamples."""
    n = len(a)
    if n < 3:
        return no_interval("fewer than three samples")
    random = np.random.default_rng(seed)
    rows = (random.integers(0, n, n) for _ in range(RESAMPLES // 5))
    draws = np.array([figure(a[row], b[row]) for row in rows])
    draws = draws[np.isfinite(draws)]
    if not len(draws):
        return no_interval("the figure is not defined")
    return _percentiles(draws, f"percentile bootstrap of pairs, {RESAMPLES // 5} resamples")


def jackknife(whole: float, left_out: Sequence[float], low: float = -np.inf, high: float = np.inf) -> Interval:
    """Delete-a-group jackknife (Shao & Tu, The Jackknife and Bootstrap, 1995, sec. 2.3) of a figure of a whole set.

    Args:
        whole: the figure of all samples.
        left_out: the figure with one of g groups left out, for each group.
        low: smallest value that is possible.
        high: largest value that is possible.
    """
    values = np.asarray(left_out, dtype=np.float64)
    if len(values) < 2 or not np.isfinite(values).all() or not np.isfinite(whole):
        return no_interval(TOO_FEW)
    g = len(values)
    half = _T19 * float(np.sqrt((g - 1) / g * np.square(values - values.mean()).sum()))
    words = f"jackknife over {g} groups of consecutive samples, Student's t"
    return Interval(max(whole - half, low), min(whole + half, high), words)


def _percentiles(draws: Floats, method: str) -> Interval:
    low, high = np.quantile(draws, (0.025, 0.975))
    return Interval(float(low), float(high), method)
