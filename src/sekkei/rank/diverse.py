"""Choose few of many so that they are good and unlike each other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sekkei.core.types import Floats

TRADE = 0.3
"""Weight of unlikeness against score; at 0.3 a twin (similarity 1) must score 0.43 more than a stranger."""

Similarity = Callable[[int, NDArray[np.int64]], Floats]
"""(row, k rows) -> (k,) similarities between that row and those, 0 to 1."""

BLOCK = 3000
"""Candidates compared with each other at a time; above it the effort grows with their number, not its square."""


def pick(scores: Floats, n: int, similarity: Similarity, trade: float = TRADE, block: int = BLOCK) -> list[int]:
    """Maximal marginal relevance (Carbonell & Goldstein, SIGIR 1998, 335).

    Each pick maximises ``(1 - trade) * score - trade * (largest similarity to a row picked before)``. More
    than ``block`` candidates are dealt by descending score into equal parts, which are picked from separately.

    Args:
        scores: (m,) larger is better; of equal ones the earlier row goes first.
        n: how many to choose; all are returned where m is smaller.
        similarity: how alike two rows are; ``lambda row, rows: matrix[row, rows]`` for a matrix.
        trade: 0 for score alone, 1 for unlikeness alone.
        block: see above.

    Returns:
        The rows chosen, in the order of choosing.
    """
    order = np.argsort(-scores, kind="stable")
    parts = max(1, -(-len(order) // block))
    chosen: list[int] = []
    for part in range(parts):
        share = n // parts + (part < n % parts)
        chosen += _pick(order[part::parts], scores, share, similarity, trade)
    return chosen


def _pick(rows: NDArray[np.int64], scores: Floats, n: int, similarity: Similarity, trade: float) -> list[int]:
    gain = (1.0 - trade) * scores[rows]
    nearest = np.zeros(len(rows))
    free = np.ones(len(rows), dtype=bool)
    chosen: list[int] = []
    for _ in range(min(n, len(rows))):
        best = int(np.argmax(np.where(free, gain - trade * nearest, -np.inf)))
        free[best] = False
        chosen.append(int(rows[best]))
        nearest = np.maximum(nearest, similarity(chosen[-1], rows))
    return chosen


def tanimoto(prints: NDArray[np.unsignedinteger]) -> Similarity:
    """Tanimoto similarity of bit fingerprints: shared bits over bits in either, 1 between two empty prints.

    Args:
        prints: (m, words) packed bits, in unsigned integers of any width.

    Returns:
        The similarity function of these m rows.
    """
    counts = np.bitwise_count(prints).sum(axis=1, dtype=np.int64)

    def similarity(row: int, rows: NDArray[np.int64]) -> Floats:
        shared = np.bitwise_count(prints[rows] & prints[row]).sum(axis=1, dtype=np.int64)
        either = counts[rows] + counts[row] - shared
        return np.asarray(np.where(either == 0, 1.0, shared / np.maximum(either, 1)))

    return similarity
