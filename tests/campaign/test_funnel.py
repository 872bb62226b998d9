"""The funnel on a toy domain: words instead of structures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from sekkei.campaign.funnel import NEAR_MISSES, Funnel, Step
from sekkei.core.targets import Target
from sekkei.core.types import Draw, Measure, Problem

LENGTH = Target(Measure("length", tolerance=1.0), "window", 3.0, 4.0)


@dataclass(frozen=True)
class Words:
    name: str = "words"

    def parse(self, text: str) -> str | Problem:
        return text if text.isalpha() else Problem("digits" if any(map(str.isdigit, text)) else "empty", "no word")

    def text(self, item: str) -> str:
        return item

    def key(self, item: str) -> str:
        return item.lower()

    def picture(self, item: str) -> str:
        return item


def lengths(candidates) -> list[str]:
    for candidate in candidates:
        candidate.values["length"] = float(len(candidate.item))
    return ["" if 3 <= len(c.item) <= 4 else "missed length" for c in candidates]


def no_x(candidates) -> list[str]:
    return ["has x" if "x" in c.item else "" for c in candidates]


def funnel() -> Funnel[str]:
    return Funnel(Words(), [Step("targets", "?", lengths), Step("x", "?", no_x)], [LENGTH])


def draws(*texts: str, first: int = 0) -> list[Draw]:
    return [Draw(first + i, text) for i, text in enumerate(texts)]


def test_each_step_counts_what_it_loses_and_why() -> None:
    run = funnel()
    fates = run.sift(draws("cat", "CAT", "7up", "", "elephant", "xyz"))
    fates += run.sift(draws("Cat", "dog", "no", first=6))
    steps = {step.name: (step.entered, step.kept, dict(step.reasons)) for step in run.steps()}
    assert steps == {
        "valid": (9, 7, {"digits": 1, "empty": 1}),
        "new": (7, 5, {"drawn before": 2}),
        "targets": (5, 3, {"missed length": 2}),
        "x": (3, 2, {"has x": 1}),
    }
    assert [(c.text, c.index) for c in run.kept] == [("cat", 0), ("dog", 7)]
    assert {(f.key, f.lost_at) for f in fates} == {
        ("cat", ""), ("elephant", "targets"), ("xyz", "x"), ("dog", ""), ("no", "targets")
    }  # fmt: skip
    assert run.generated == 9
    assert sorted(run.judged()["length"]) == [2, 3, 3, 3, 8]


def test_near_misses_are_the_nearest_then_the_deepest() -> None:
    run = funnel()
    run.sift(draws("abcdefgh", "ab", "xxx", "abcde", "a"))
    assert [(m.candidate.text, m.distance) for m in run.misses] == [
        ("xxx", 0), ("ab", 1), ("abcde", 1), ("a", 2), ("abcdefgh", 4)
    ]  # fmt: skip
    run.sift(draws(*("q" * (5 + i) for i in range(40)), first=5))
    assert len(run.misses) == NEAR_MISSES
    assert max(m.distance for m in run.misses) <= 8


def test_rounds_of_any_size_give_the_same_result() -> None:
    texts = draws(*np.random.default_rng(0).choice(["cat", "dog", "ox", "bird", "x", "mouse", "9"], 50).tolist())
    whole, parts = funnel(), funnel()
    whole.sift(texts)
    for start in range(0, 50, 7):
        parts.sift(texts[start : start + 7])
    assert parts.steps() == whole.steps()
    assert parts.kept == whole.kept
    assert parts.misses == whole.misses


def test_nothing_in_nothing_out() -> None:
    run = funnel()
    assert run.sift([]) == []
    assert all((step.entered, step.kept) == (0, 0) for step in run.steps())


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_could_not_be_judged_is_no_near_miss(value: float) -> None:
    def broken(candidates) -> list[str]:
        for candidate in candidates:
            candidate.values["length"] = value
        return ["failed"] * len(candidates)

    run = Funnel(Words(), [Step("targets", "?", broken)], [LENGTH])
    run.sift(draws("cat"))
    assert run.misses == []
