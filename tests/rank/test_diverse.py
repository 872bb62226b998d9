"""Greedy choice of good and unlike rows."""

from __future__ import annotations

import numpy as np
import pytest

from sekkei.rank.diverse import pick, tanimoto


def test_twins_of_the_best_wait_until_strangers_are_in() -> None:
    scores = np.array([1.0, 0.99, 0.98, 0.9])
    alike = np.eye(4)
    alike[:3, :3] = 1.0
    assert pick(scores, 2, lambda row, rows: alike[row, rows]) == [0, 3]
    assert pick(scores, 2, lambda row, rows: alike[row, rows], trade=0.0) == [0, 1]


def test_greedy_choice_equals_the_definition() -> None:
    rng = np.random.default_rng(1)
    scores, alike = rng.random(30), rng.random((30, 30))
    alike = (alike + alike.T) / 2
    chosen: list[int] = []
    while len(chosen) < 12:
        gains = {
            i: 0.6 * scores[i] - 0.4 * max((alike[i, j] for j in chosen), default=0.0)
            for i in range(30)
            if i not in chosen
        }
        chosen.append(max(gains, key=lambda i: gains[i]))
    assert pick(scores, 12, lambda row, rows: alike[row, rows], trade=0.4) == chosen


@pytest.mark.parametrize("n", [0, 1, 9, 20, 25])
def test_blocks_choose_each_row_at_most_once_and_as_many_as_asked(n: int) -> None:
    scores = np.linspace(0, 1, 20)
    chosen = pick(scores, n, lambda row, rows: np.zeros(len(rows)), block=6)
    assert len(chosen) == len(set(chosen)) == min(n, 20)


def test_equal_scores_keep_their_order() -> None:
    assert pick(np.ones(4), 3, lambda row, rows: np.zeros(len(rows))) == [0, 1, 2]


def test_tanimoto_counts_bits() -> None:
    bits = np.array([[1, 1, 0, 0] * 4, [1, 0, 1, 0] * 4, [0] * 16, [0] * 16], dtype=np.uint8)
    similarity = tanimoto(np.packbits(bits, axis=1))
    everything = np.arange(4)
    assert similarity(0, everything) == pytest.approx([1, 4 / 12, 0, 0])
    assert similarity(2, everything) == pytest.approx([0, 0, 1, 1])
