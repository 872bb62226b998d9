"""Pareto fronts: which candidates no other one beats in every wish."""

from __future__ import annotations

from collections.abc import Sequence

import moocore
import numpy as np
from numpy.typing import NDArray

from sekkei.core.targets import Target
from sekkei.core.types import Floats


def fronts(losses: Floats) -> NDArray[np.int64]:
    """Non-dominated sorting (Deb et al., IEEE Trans. Evol. Comput. 6, 182, 2002, sec. III A).

    Args:
        losses: (n, m), smaller is better; NaN counts as worst.

    Returns:
        (n,) number of the front each row lies on, 1 for the rows no other row dominates.
    """
    if losses.size == 0:
        return np.ones(len(losses), dtype=np.int64)
    return np.asarray(moocore.pareto_rank(_ranks(losses)), dtype=np.int64) + 1


def losses(targets: Sequence[Target], values: Floats) -> Floats:
    """What each wish leaves to be desired: the value of an open goal, the miss of a window or bound.

    Args:
        targets: t wishes.
        values: (n, t) in the measures' units.

    Returns:
        (n, t), smaller is better.
    """
    columns = [_loss(target, values[:, j]) for j, target in enumerate(targets)]
    return np.stack(columns, axis=1) if columns else np.zeros((len(values), 0))


def conflicting(targets: Sequence[Target]) -> bool:
    """Whether fronts say more than the score: only two or more open goals (min, max) can pull apart."""
    return sum(target.goal in ("min", "max") for target in targets) >= 2


def _loss(target: Target, values: Floats) -> Floats:
    if target.goal == "min":
        return np.asarray(np.maximum(values, target.low))  # NaN stays NaN
    return -values if target.goal == "max" else target.miss(values)


def _ranks(losses: Floats) -> Floats:
    # Dominance only compares within a column, so dense ranks serve as well and turn NaN and inf into plain numbers.
    clean = np.where(np.isnan(losses), np.inf, losses)
    columns = [np.unique(column, return_inverse=True)[1] for column in clean.T]
    return np.stack(columns, axis=1).astype(np.float64)
