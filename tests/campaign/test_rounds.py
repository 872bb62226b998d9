"""Rounds of attempts: their sizes, their end, and going on from a store."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sekkei.campaign.effort import Budget
from sekkei.campaign.rounds import SMALLEST, next_size, rounds, wanted
from sekkei.campaign.store import Store
from sekkei.core.targets import Target
from sekkei.core.types import Draw, Measure


def draw(first: int, count: int) -> list[Draw]:
    return [Draw(i, f"text {i}") for i in range(first, first + count)]


def test_the_budget_ends_the_search(tmp_path: Path) -> None:
    with Store(tmp_path / "a.db") as store:
        got = list(rounds(store, Budget(max_generated=1050, batch=500), 10, lambda: 0, draw))
    assert [len(part) for part in got] == [256, 500, 294]
    assert [d.index for part in got for d in part] == list(range(1050))


def test_enough_ends_the_search(tmp_path: Path) -> None:
    counts = iter([0, 0, 0, 4, 4, 9])
    with Store(tmp_path / "a.db") as store:
        got = list(rounds(store, Budget(max_generated=10_000, batch=10), 5, lambda: next(counts, 9), draw))
    assert 1 <= len(got) < 6


def test_stored_rounds_are_not_drawn_again(tmp_path: Path) -> None:
    asked = []

    def noted(first: int, count: int) -> list[Draw]:
        asked.append(first)
        return draw(first, count)

    whole = []
    for stop in (2, 5):
        with Store(tmp_path / "a.db") as store:
            whole = [
                part
                for part, _ in zip(
                    rounds(store, Budget(max_generated=100, batch=20), 5, lambda: 0, noted), range(stop), strict=False
                )
            ]
    assert asked == sorted(set(asked))
    assert [d.text for part in whole for d in part] == [f"text {i}" for i in range(100)]


def test_half_a_character_reads_the_same_before_and_after_a_stop(tmp_path: Path) -> None:
    with Store(tmp_path / "a.db") as store:
        (live,) = rounds(store, Budget(max_generated=1), 5, lambda: 0, lambda first, count: [Draw(0, "C\udcc3\x00C")])
        assert store.round(0) == live


def test_round_sizes_follow_the_share_that_passes() -> None:
    assert next_size(1000, 75, 0, 0) == 450
    assert next_size(1000, 5, 0, 0) == SMALLEST
    assert next_size(1000, 5000, 0, 0) == 1000
    assert next_size(1000, 75, 450, 0) == 1000
    assert next_size(1000, 100, 1000, 50) == 1000
    assert next_size(2000, 100, 1000, 80) == 275
    assert next_size(40, 75, 0, 0) == 40


def test_open_goals_ask_for_more_to_choose_from() -> None:
    bound = Target(Measure("a"), "window", 0, 1)
    is_open = Target(Measure("a"), "min", -np.inf, np.inf)
    assert wanted(3, [bound]) == 5
    assert wanted(3, [bound, is_open]) == 12
