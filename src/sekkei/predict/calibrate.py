"""How far a prediction may be off, learned from held-out data: intervals for numbers, sets of classes for classes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sekkei.core.types import Floats

LEVEL = 0.9
"""Share of true values that intervals are made to hold."""

SIGMAS = 1.6448536269514722
"""Half-width of a 90 % interval of a normal distribution in standard deviations; std is half-width over this."""


def quantile(scores: Floats, level: float = LEVEL) -> float:
    """The conformal quantile: the ceil((n + 1) level)-th smallest of n scores, infinity where n is too small.

    A new score of the same kind is at most this large with probability ``level`` or more (Vovk, Gammerman & Shafer,
    Algorithmic Learning in a Random World, 2005; Angelopoulos & Bates, arXiv:2107.07511, section 1).
    """
    rank = math.ceil((len(scores) + 1) * level)
    return float(np.sort(scores)[rank - 1]) if rank <= len(scores) else math.inf


@dataclass(frozen=True)
class Margin:
    """Split-conformal intervals of a number, wide where the expected error is large.

    Attributes:
        factor: multiple of the expected error that holds the true error in 90 of 100 cases.
        least: smallest expected error that is believed [unit].
    """

    factor: float
    least: float

    @staticmethod
    def fit(errors: Floats, expected: Floats) -> Margin:
        """Calibrate on held-out rows (Papadopoulos et al., Engineering Applications of AI 24, 842, 2011).

        Args:
            errors: (n,) absolute errors of the predictions.
            expected: (n,) the errors that were expected of these rows.
        """
        least = max(float(np.quantile(expected, 0.05)), 1e-9)
        return Margin(quantile(errors / np.maximum(expected, least)), least)

    def half(self, expected: Floats) -> Floats:
        """Half-width of the interval [unit]; (n,) -> (n,)."""
        return np.asarray(self.factor * np.maximum(expected, self.least))


@dataclass(frozen=True)
class Classes:
    """Which of two classes cannot be ruled out, so that in either class 90 of 100 sets hold the true one.

    Attributes:
        least: smallest probability of the upper class at which it stays possible.
        most: largest probability of the upper class at which the lower one stays possible.
    """

    least: float
    most: float

    @staticmethod
    def fit(probabilities: Floats, labels: Floats) -> Classes:
        """Calibrate on held-out rows, each class on its own (Vovk, Machine Learning 92, 349, 2013)."""
        upper, lower = probabilities[labels > 0.5], probabilities[labels <= 0.5]
        return Classes(1.0 - quantile(1.0 - upper), quantile(lower))

    def sets(self, probabilities: Floats) -> Floats:
        """Lowest and highest class that stays possible; the likelier one always does. (n,) -> (n, 2)."""
        upper = (probabilities >= self.least) | (probabilities > 0.5)
        lower = (probabilities <= self.most) | (probabilities <= 0.5)
        return np.stack([(~lower).astype(np.float64), upper.astype(np.float64)], axis=1)
