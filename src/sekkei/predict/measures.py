"""How good a predictor is: errors of numbers and of classes, coverage and width of intervals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sekkei.core.types import Floats


def number_errors(values: Floats, interval: Floats, truth: Floats, inside: NDArray[np.bool_]) -> dict[str, float]:
    """Of n held-out objects with a number each.

    Returns:
        ``mae`` and ``rmse`` [unit], ``r2``, ``mad`` (error of always saying the mean, the worst a learner may do),
        ``coverage`` and mean ``width`` [unit] of the 90 % intervals, share ``inside`` the domain, ``mae_inside``,
        ``mae_outside``, ``coverage_inside``.
    """
    miss = np.abs(values - truth)
    held = (truth >= interval[:, 0]) & (truth <= interval[:, 1])
    spread = float(((truth - truth.mean()) ** 2).sum())
    found = {
        "mae": float(miss.mean()),
        "rmse": float(np.sqrt((miss**2).mean())),
        "r2": 1.0 - float((miss**2).sum()) / spread if spread else 0.0,
        "mad": float(np.abs(truth - truth.mean()).mean()),
        "coverage": float(held.mean()),
        "width": float((interval[:, 1] - interval[:, 0]).mean()),
        "inside": float(inside.mean()),
    }
    if inside.any():
        found |= {"mae_inside": float(miss[inside].mean()), "coverage_inside": float(held[inside].mean())}
    if not inside.all():
        found |= {"mae_outside": float(miss[~inside].mean()), "coverage_outside": float(held[~inside].mean())}
    return {name: round(value, 5) for name, value in found.items()}


def class_errors(values: Floats, interval: Floats, truth: Floats, inside: NDArray[np.bool_]) -> dict[str, float]:
    """Of n held-out objects of two classes.

    Returns:
        ``auc`` of the probabilities and ``auc_hard`` of the answers yes and no, ``accuracy``, ``precision`` and
        ``recall`` of the upper class, its share ``positive``, the precision if that share were a half, a tenth or a
        hundredth (``precision_at_50``, ...), ``brier`` score, ``coverage`` of the class sets, share ``decided`` of sets
        with one class, share ``inside`` the domain.
    """
    yes, true = values > 0.5, truth > 0.5
    held = np.where(true, interval[:, 1] == 1, interval[:, 0] == 0)
    hits = float((yes & true).sum())
    found = {
        "auc": auc(values, true),
        "auc_hard": auc(yes.astype(np.float64), true),
        "accuracy": float((yes == true).mean()),
        "precision": hits / max(1.0, float(yes.sum())),
        "recall": hits / max(1.0, float(true.sum())),
        "positive": float(true.mean()),
        "brier": float(((values - truth) ** 2).mean()),
        "coverage": float(held.mean()),
        "decided": float((interval[:, 0] == interval[:, 1]).mean()),
        "inside": float(inside.mean()),
    }
    false = float((yes & ~true).sum()) / max(1.0, float((~true).sum()))
    for percent in (50, 10, 1):
        right, wrong = percent * found["recall"], (100 - percent) * false
        found[f"precision_at_{percent}"] = right / (right + wrong) if right + wrong else 0.0
    return {name: round(value, 5) for name, value in found.items()}


def auc(scores: Floats, true: NDArray[np.bool_]) -> float:
    """Area under the ROC curve: how often a positive scores above a negative, ties counting half (Mann-Whitney)."""
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[place]
    positive, negative = int(true.sum()), int((~true).sum())
    if not positive or not negative:
        return float("nan")
    return float((ranks[true].sum() - positive * (positive + 1) / 2.0) / (positive * negative))
