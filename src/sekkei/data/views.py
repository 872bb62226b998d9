"""Two looks at the same thing, for contrastive learning: compositions slightly changed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sekkei.materials.formula import SYMBOLS
from sekkei.materials.traits import kinship
from sekkei.models.matbert import FIRST, MatBERT


@dataclass(frozen=True)
class Changes:
    """How far a view of a composition may lie from it.

    Neither order nor scale is among them: a network that reads fractions in no order sees no difference.

    Attributes:
        noise: standard deviation of the logarithm of the amounts.
        substitute: chance that an element gives way to one of its group.
        drop: chance that a composition of three or more elements loses one.
    """

    noise: float = 0.15
    substitute: float = 0.15
    drop: float = 0.15


USUAL = Changes()


def changed(
    tokens: NDArray[np.int64], shares: NDArray[np.float32], how: Changes, random: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """A view of each composition of a batch.

    Args:
        tokens: (batch, length), start first, padded.
        shares: (batch, length) atomic fractions.
        how: how far it may go.
        random: source of randomness.

    Returns:
        Tokens and fractions of the same shape; a dropped element leaves padding, and fractions add up to 1.
    """
    tokens = _substituted(tokens, how.substitute, random)
    there = tokens >= FIRST
    several = there.sum(axis=1) >= 3
    rank = np.where(there, random.random(tokens.shape), np.inf)
    lost = (rank == rank.min(axis=1, keepdims=True)) & there
    lost &= (several & (random.random(len(tokens)) < how.drop))[:, None]
    noisy = np.where(lost, 0.0, shares * np.exp(how.noise * random.normal(size=shares.shape)))
    total = noisy.sum(axis=1, keepdims=True)
    return np.where(lost, MatBERT.pad, tokens), (noisy / np.maximum(total, 1e-12)).astype(np.float32)


@cache
def _ladders() -> NDArray[np.float64]:
    """(118, 118) cumulative chances of each element's kin."""
    return np.cumsum(kinship(SYMBOLS), axis=1)


def _substituted(tokens: NDArray[np.int64], chance: float, random: np.random.Generator) -> NDArray[np.int64]:
    """Some elements replaced by kin; a composition that would have one element twice stays as it is."""
    table = _ladders()
    places = np.where(tokens >= FIRST, tokens - FIRST, 0)
    ladder = table[places]
    drawn = (random.random(tokens.shape)[..., None] >= ladder).sum(axis=2)
    give_way = (random.random(tokens.shape) < chance) & (tokens >= FIRST) & (ladder[..., -1] > 0.5)
    fresh = np.where(give_way, FIRST + np.minimum(drawn, len(SYMBOLS) - 1), tokens)
    same = (fresh[:, :, None] == fresh[:, None, :]) & (fresh >= FIRST)[:, :, None]
    twice = (same.sum(axis=2) > 1).any(axis=1, keepdims=True)
    return np.where(twice, tokens, fresh)
