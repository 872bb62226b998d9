"""Several targets at once: how a network of compositions is asked for them and shown them, and what an answer is worth.

Who designs a material states a band gap, an energy and a moment together. Where any subset of four conditions is as
likely as any other of its size, these three stand together, without the charges, in one view of twenty; here in one of
five.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sekkei.core.types import Floats
from sekkei.data.encode import EncodedSet
from sekkei.train.wishes import FARTHEST, NOTHING, Span, single

_TOLD, _ALONE, _FREE = 0.25, 0.12, 0.15
_BALANCED = 0.8


def some_of(values: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    """Conditions with some hidden: of the properties one, two or all evenly; of the charges, the last, a quarter."""
    rows, columns = values.shape
    kept = random.integers(1, columns, size=(rows, 1))
    rank = random.random((rows, columns - 1)).argsort(axis=1).argsort(axis=1)
    shown = np.column_stack([rank < kept, random.random(rows) < _TOLD])
    return np.where(shown, values, np.float32(np.nan))


def shown_together(
    data: EncodedSet, rows: NDArray[np.int64], random: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Real sequences under some of their conditions, one in seven under none."""
    tokens, labels, values = data.batch(rows)
    told = some_of(values, random)
    told[random.random(len(told)) < _FREE] = np.nan
    return tokens, labels, torch.from_numpy(told)


def asked_together(values: NDArray[np.float32], span: Span, _: Floats, random: np.random.Generator) -> Floats:
    """Conditions to answer: those of real compositions, some hidden; of single properties half anywhere in the range.

    One in eight asks for charges alone, mostly that they balance.
    """
    wished: Floats = some_of(values, random).astype(float)
    alone = random.random(len(wished)) < _ALONE
    wished[alone] = np.nan
    wished[alone, -1] = random.random(int(alone.sum())) < _BALANCED
    moved = single(wished) & ~alone & (random.random(len(wished)) < 0.5)
    anywhere = random.uniform(span.low, span.high, wished.shape)
    return np.where(moved[:, None] & np.isfinite(wished) & ~span.whole, anywhere, wished)


def worth_together(found: Floats, wished: Floats, unit: Floats) -> Floats:
    """What answers are worth, (n,): near 1 where all targets are met at once, less for each miss.

    exp(-sum of squared misses) less half the mean miss, so that an answer far off still knows which way to go.

    Args:
        found: (n, properties) measured, a row of NaN where there is no composition.
        wished: (n, properties), NaN where free.
        unit: (properties,) in which misses are counted.
    """
    given = np.isfinite(wished)
    misses = np.where(given, np.minimum(np.abs(found - wished) / np.maximum(unit, 1e-9), FARTHEST), 0.0)
    mean = misses.sum(axis=1) / np.maximum(given.sum(axis=1), 1)
    near = np.where(given.any(axis=1), np.exp(-(misses**2).sum(axis=1)), 0.0)
    return np.where(np.isfinite(found).all(axis=1), near - mean / 2, -NOTHING)
