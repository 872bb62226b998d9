"""Random numbers that depend on a seed and a position only, never on the size of a batch."""

from __future__ import annotations

import numpy as np

from sekkei.core.errors import UserError
from sekkei.core.types import Floats

MAX_SEED = 2**63 - 1


def generator_at(seed: int, index: int, purpose: int = 0) -> np.random.Generator:
    """A generator of its own for item ``index`` of a stream.

    Philox (Salmon et al., SC 2011) is counter-based: the counter is (blocks of four words used, 0, purpose, index).

    Raises:
        UserError: the seed is not an integer from 0 to 2**63 - 1.
    """
    if not 0 <= seed <= MAX_SEED:
        raise UserError(f"the seed {seed} is out of range", "seed", "give an integer from 0 to 2**63 - 1")
    return np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, purpose, index]))


def uniforms(seed: int, first: int, count: int, length: int) -> Floats:
    """Uniform numbers in [0, 1) for items ``first`` to ``first + count - 1``: (count, length)."""
    out = np.empty((count, length))
    for row in range(count):
        out[row] = generator_at(seed, first + row).random(length)
    return out
