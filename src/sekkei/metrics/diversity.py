"""How much of chemical space a set covers, and how far it lies from what was known."""

from __future__ import annotations

import numpy as np

from sekkei.core.types import Floats
from sekkei.metrics.similarity import Bits

THRESHOLD = 0.75
"""Smallest Tanimoto distance between two circles' centres, the value Xie et al. use throughout."""

BIN_EDGES = np.linspace(0.0, 1.0, 11)


def circles(bits: Bits, threshold: float = THRESHOLD) -> int:
    """#Circles: how many molecules can be chosen that lie further apart than a threshold.

    Xie et al., "How Much Space Has Been Explored?", ICLR 2023, eq. 3. The exact maximum is NP-hard; as in the
    authors' code one pass takes every molecule that is further than the threshold from all taken before, which gives
    a lower bound. The order is that of the rows, so that the figure is the same at every run.

    Args:
        bits: (n, bytes) packed Morgan fingerprints, radius 2, 2048 bits, in the paper.
        threshold: Tanimoto distance, 0 to 1.

    Returns:
        Number of molecules taken, 0 for none.
    """
    words = np.ascontiguousarray(bits).view(np.uint64)
    ones = np.bitwise_count(words).sum(axis=1, dtype=np.int64)
    taken = np.empty_like(words)
    taken_ones = np.empty_like(ones)
    count = 0
    for row, size in zip(words, ones, strict=True):
        common = np.bitwise_count(taken[:count] & row).sum(axis=1, dtype=np.int64)
        union = taken_ones[:count] + size - common
        # Distance 1 - common / union above the threshold, in whole numbers but for the threshold itself.
        if np.all(union - common > threshold * union):
            taken[count], taken_ones[count] = row, size
            count += 1
    return count


def nearest_histogram(similarity: Floats) -> dict[str, list[float]]:
    """Shares of molecules by Tanimoto similarity to the nearest known one, ten bins of 0.1; the last includes 1."""
    counts, _ = np.histogram(similarity, BIN_EDGES)
    return {"edges": BIN_EDGES.round(1).tolist(), "generated": (counts / max(len(similarity), 1)).tolist()}
