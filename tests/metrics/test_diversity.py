"""#Circles against a plain loop, and the histogram of nearest similarities."""

from __future__ import annotations

import numpy as np
import pytest

from sekkei.metrics.diversity import circles, nearest_histogram


def random_bits(count: int, seed: int) -> np.ndarray:
    return np.packbits(np.random.default_rng(seed).random((count, 2048)) < 0.1, axis=1)


def slow_circles(bits: np.ndarray, threshold: float) -> int:
    taken: list[set[int]] = []
    for row in bits:
        mine = set(np.flatnonzero(np.unpackbits(row)).tolist())
        if all(1 - len(mine & other) / len(mine | other) > threshold for other in taken):
            taken.append(mine)
    return len(taken)


@pytest.mark.parametrize("threshold", [0.5, 0.9, 0.95])
def test_circles_equal_the_plain_loop(threshold: float) -> None:
    bits = random_bits(60, 0)
    assert circles(bits, threshold) == slow_circles(bits, threshold)


def test_copies_make_one_circle_and_nothing_makes_none() -> None:
    bits = random_bits(1, 1)
    assert circles(np.repeat(bits, 5, axis=0)) == 1
    assert circles(bits[:0]) == 0


def test_circles_never_grow_with_the_threshold() -> None:
    bits = random_bits(80, 2)
    counts = [circles(bits, threshold) for threshold in (0.0, 0.8, 0.9, 0.95, 1.0)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == 80


def test_the_last_bin_of_the_histogram_holds_similarity_one() -> None:
    found = nearest_histogram(np.array([0.05, 1.0, 1.0, 0.55]))
    assert found["generated"][0] == 0.25
    assert found["generated"][-1] == 0.5
    assert sum(found["generated"]) == pytest.approx(1.0)
