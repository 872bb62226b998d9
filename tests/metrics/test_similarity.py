"""Block-wise Tanimoto similarity equals the definition, whatever the blocks."""

from __future__ import annotations

import numpy as np
import pytest

from sekkei.metrics import similarity
from sekkei.metrics.similarity import mean_similarities, nearest_similarity


def random_bits(count: int, seed: int) -> np.ndarray:
    return np.packbits(np.random.default_rng(seed).random((count, 1024)) < 0.05, axis=1)


def tanimoto(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """One pair at a time, on sets."""
    sets = [[set(np.flatnonzero(np.unpackbits(row))) for row in side] for side in (a, b)]
    return np.array([[len(x & y) / len(x | y) if x | y else 1.0 for y in sets[1]] for x in sets[0]])


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks so small that a few molecules make many of them, with ragged ends."""
    monkeypatch.setattr(similarity, "_ROWS", 8)
    monkeypatch.setattr(similarity, "_COLUMNS", 16)
    monkeypatch.setattr(similarity, "_TILE", 24)


@pytest.mark.usefixtures("small_blocks")
def test_nearest_similarity_is_the_largest_of_all_pairs() -> None:
    a, b = random_bits(53, 0), random_bits(45, 1)
    assert nearest_similarity(a, b) == pytest.approx(tanimoto(a, b).max(axis=1), abs=1e-6)


@pytest.mark.usefixtures("small_blocks")
def test_means_over_half_of_the_pairs_equal_those_over_all() -> None:
    bits = random_bits(61, 2)
    pairs = tanimoto(bits, bits)
    mean, square = mean_similarities(bits)
    assert mean == pytest.approx(pairs.mean(axis=1), abs=1e-6)
    assert square == pytest.approx((pairs**2).mean(axis=1), abs=1e-6)


def test_a_set_is_nearest_to_itself_with_similarity_one() -> None:
    bits = random_bits(20, 3)
    assert (nearest_similarity(bits, bits) == 1.0).all()


def test_two_empty_fingerprints_are_equal_and_one_is_unlike_any_other() -> None:
    empty, full = np.zeros((1, 128), dtype=np.uint8), random_bits(1, 4)
    assert nearest_similarity(empty, empty)[0] == 1.0
    assert nearest_similarity(empty, full)[0] == 0.0


def test_byte_and_float_products_agree_exactly() -> None:
    a, b = (similarity._unpack(random_bits(64, seed)) for seed in (5, 6))
    assert (similarity._integer_product(a, b) == similarity._float_product(a, b)).all()
