"""Desirability: known points, order, and the geometric mean."""

from __future__ import annotations

import numpy as np
import pytest

from sekkei.core.targets import Target
from sekkei.core.types import Measure
from sekkei.rank.scale import EDGE, FLOOR, REACH, desirability, overall

LOGP = Measure("logp", tolerance=0.5)
WINDOW = Target(LOGP, "window", 1.0, 2.0)


def test_window_is_one_at_the_centre_and_falls_to_zero_at_its_reach() -> None:
    far = 2.0 + REACH * 0.5
    got = desirability(WINDOW, np.array([1.5, 1.0, 2.0, 2.25, far, far + 1, np.nan]))
    assert got == pytest.approx([1.0, EDGE, EDGE, EDGE * (1 - 0.5 / REACH), 0.0, 0.0, 0.0])


def test_every_value_inside_a_window_beats_every_value_outside() -> None:
    values = np.linspace(-2, 5, 701)
    got, inside = desirability(WINDOW, values), WINDOW.satisfied(values)
    assert got[inside].min() > got[~inside].max()


def test_an_exact_count_has_only_one_best_value() -> None:
    target = Target(Measure("hbd"), "window", 2.0, 2.0)
    assert desirability(target, np.array([2.0, 3.0, 1.0])) == pytest.approx([1.0, EDGE * 2 / 3, EDGE * 2 / 3])


def test_bounds_are_one_sided() -> None:
    least = Target(LOGP, "at_least", 1.0, np.inf)
    most = Target(LOGP, "at_most", -np.inf, 1.0)
    assert desirability(least, np.array([1.0, 50.0, 0.5, -9.0])) == pytest.approx([1, 1, 1 - 1 / REACH, 0])
    assert desirability(most, np.array([1.0, -50.0, 1.5, 9.0])) == pytest.approx([1, 1, 1 - 1 / REACH, 0])


def test_open_goals_are_scaled_by_the_span_and_never_forbid() -> None:
    small = Target(LOGP, "min", -np.inf, np.inf)
    large = Target(LOGP, "max", -np.inf, np.inf)
    values = np.array([0.0, 5.0, 10.0, 99.0])
    assert desirability(large, values, (0.0, 10.0)) == pytest.approx([FLOOR, FLOOR + 0.5 * (1 - FLOOR), 1, 1])
    assert desirability(small, values, (0.0, 10.0)) == pytest.approx([1, FLOOR + 0.5 * (1 - FLOOR), FLOOR, FLOOR])
    with pytest.raises(ValueError, match="span"):
        desirability(large, values)


def test_overall_is_the_weighted_geometric_mean() -> None:
    heavy = Target(Measure("mw", tolerance=25.0), "at_most", -np.inf, 300.0, weight=3.0)
    values = np.array([[1.5, 325.0], [1.5, 300.0], [9.0, 300.0], [np.nan, 300.0]])
    part = 1 - 1 / REACH
    assert overall([WINDOW, heavy], values, [None, None]) == pytest.approx([part**0.75, 1.0, 0.0, 0.0])


def test_without_targets_everything_is_equally_welcome() -> None:
    assert overall([], np.zeros((3, 0)), []).tolist() == [1, 1, 1]
