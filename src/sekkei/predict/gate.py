"""A property that is often exactly zero: zero or not first, then how much, and an answer that errs least in the mean.

What is known of an object is a chance of not being zero and an amount for that case, around which the truth is taken to
have a Laplace distribution. What minimises the expected absolute error is the median of this mixture: zero up to a
chance of one half, then less than the amount, the more so the less sure it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sekkei.core.types import Floats

_WIDTHS = np.linspace(0.0, 3.0, 61)
_TINY = 1e-9


def gated(chance: Floats, amount: Floats, width: Floats | float) -> tuple[Floats, Floats]:
    r"""The median of what may be, and the expected absolute error of this answer.

    Args:
        chance: (n,) the probability p of not being zero.
        amount: (n,) how much it is then, the centre a of a Laplace distribution; what is below zero counts as zero.
        width: its width b, in units of the amount: (n,) or one for all; 0 tells the amount as it is.

    Returns:
        Two (n,). The median is t = a + b ln(2 - 1/p) where that is above zero and p above one half, else zero; the
        error is t with a chance of 1 - p, and \|t - a\| + b exp(-\|t - a\|/b) with one of p.
    """
    amount = np.maximum(amount, 0.0)
    sure = np.maximum(2.0 - 1.0 / np.maximum(chance, _TINY), _TINY)
    median = np.where(chance > 0.5, np.maximum(amount + width * np.log(sure), 0.0), 0.0)
    apart = np.abs(median - amount)
    beyond = apart + width * np.exp(-apart / np.maximum(width, _TINY))
    return median, np.asarray((1.0 - chance) * median + chance * beyond)


def best_width(chance: Floats, amount: Floats, truth: Floats) -> float:
    """The width at which answers err least on objects that had not been seen.

    Args:
        chance: (n,) of not being zero.
        amount: (n,) how much it is then.
        truth: (n,) what is right.
    """
    usual = float(np.abs(amount - truth)[truth > 0].mean()) if (truth > 0).any() else 0.0
    return usual * float(min(_WIDTHS, key=lambda one: np.abs(gated(chance, amount, usual * one)[0] - truth).mean()))


def told_apart(chance: Floats, amount: Floats, truth: Floats, fold: NDArray[np.int64]) -> Floats:
    """Answers whose width comes from the other folds, so that their errors are those of objects not seen: (n,).

    Args:
        chance: (n,) of not being zero.
        amount: (n,) how much it is then.
        truth: (n,) what is right.
        fold: (n,) the part that each belongs to.
    """
    out = np.zeros(len(truth))
    for one in np.unique(fold).tolist():
        mine, others = fold == one, fold != one
        out[mine], _ = gated(chance[mine], amount[mine], best_width(chance[others], amount[others], truth[others]))
    return out
