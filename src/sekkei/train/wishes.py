"""What refinement asks for, and what an answer is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sekkei.core.types import Floats
from sekkei.train.objectives import drop_conditions

FARTHEST = 2.0
"""A miss counts up to this many standard deviations."""

NOTHING = 3.0
"""What a sequence that stands for nothing costs [standard deviations], more than the farthest miss."""

MEMORY = 0.95
"""How much of a property's mean miss is kept at each step that asks for it alone."""

TAILS = 0.005
"""Single wishes are also drawn evenly between these quantiles, so that rare values are practised."""


@dataclass(frozen=True)
class Span:
    """How the properties of the data lie, (properties,) each: ends, standard deviation, whether whole numbers."""

    low: Floats
    high: Floats
    deviation: Floats
    whole: NDArray[np.bool_]

    @classmethod
    def of(cls, values: NDArray[np.float32]) -> Span:
        """The span of values (n, properties), NaN where unknown; a property that is known nowhere spans 0 alone."""
        values = np.where(np.isfinite(values).any(axis=0), values, 0.0)
        low, high = np.nanquantile(values, [TAILS, 1 - TAILS], axis=0)
        return cls(low, high, np.nanstd(values, axis=0), np.array(np.nansum(values % 1, axis=0) == 0))


def wishes(values: NDArray[np.float32], span: Span, misses: Floats, random: np.random.Generator) -> Floats:
    """Conditions to answer: those of real molecules, some hidden; half of the single ones anywhere in the range.

    Args:
        values: (n, properties) of real molecules.
        span: of the properties in the data.
        misses: (properties,) what is missed more is asked for alone more often, in proportion.
        random: source of randomness.

    Returns:
        (n, properties), NaN where free.
    """
    wished: Floats = drop_conditions(values, random).numpy().astype(float)
    alone = single(wished)
    asked = random.choice(len(misses), len(wished), p=misses / misses.sum())
    only = np.where(np.arange(len(misses)) == asked[:, None], values, np.nan)
    wished = np.where(alone[:, None], only, wished)
    moved = alone & (random.random(len(wished)) < 0.5)
    anywhere = random.uniform(span.low, span.high, wished.shape)
    anywhere = np.where(span.whole, anywhere.round(), anywhere)
    return np.where(moved[:, None] & np.isfinite(wished), anywhere, wished)


def single(wished: Floats) -> NDArray[np.bool_]:
    """Which wishes (n, properties), NaN where free, are for one property alone; (n,)."""
    return np.asarray(np.isfinite(wished).sum(axis=1) == 1)


def missed(misses: Floats, wished: Floats, gains: Floats) -> tuple[float, ...]:
    """The running mean miss of each property asked for alone, (properties,), after another step's answers.

    Args:
        misses: (properties,) before.
        wished: (n, properties), NaN where free.
        gains: (n,) what `reward` gave.
    """
    alone = np.isfinite(wished) & single(wished)[:, None]
    asked = alone.sum(axis=0)
    now = np.maximum(-(alone * gains[:, None]).sum(axis=0) / np.maximum(asked, 1), 0.0)
    return tuple(np.where(asked > 0, MEMORY * misses + (1 - MEMORY) * now, misses).tolist())


def reward(found: Floats, wished: Floats, spread: Floats) -> Floats:
    """Minus the mean miss over the given properties [standard deviations], minus ``NOTHING`` where there is none; (n,).

    Args:
        found: (n, properties) measured, a row of NaN where there is no molecule.
        wished: (n, properties), NaN where free.
        spread: (properties,) standard deviations in the data.
    """
    valid = np.isfinite(found).all(axis=1)
    given = np.isfinite(wished)
    misses = np.where(given, np.minimum(np.abs(found - wished) / np.maximum(spread, 1e-9), FARTHEST), 0.0)
    mean = misses.sum(axis=1) / np.maximum(given.sum(axis=1), 1)
    return np.where(valid, -mean, -NOTHING)
