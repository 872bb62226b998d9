"""Uncertain values: what a chance means, and that sure candidates beat those at the edge."""

from __future__ import annotations

import numpy as np
import pytest

from sekkei.core.targets import parse_target
from sekkei.core.types import Measure
from sekkei.rank.confidence import POINTS, chance, chances, expected, spread
from sekkei.rank.scale import overall

GAP = Measure("gap", "eV", tolerance=0.3)
WINDOW = parse_target("gap=2.0±0.5", {"gap": GAP})
NONE = (np.nan, np.nan)


def test_a_ninety_percent_interval_that_is_the_window_meets_it_in_ninety_of_a_hundred_cases() -> None:
    found = chance(WINDOW, np.array([2.0]), np.array([(1.5, 2.5)]))
    assert found[0] == pytest.approx(0.9, abs=1.5 / POINTS)


def test_half_of_an_interval_centred_on_the_edge_lies_outside() -> None:
    assert chance(WINDOW, np.array([2.5]), np.array([(2.3, 2.7)]))[0] == pytest.approx(0.5, abs=1.5 / POINTS)


def test_exact_and_missing_values_are_met_or_not() -> None:
    values = np.array([2.0, 3.0, np.nan])
    assert chance(WINDOW, values, np.array([NONE] * 3)).tolist() == [1.0, 0.0, 0.0]


def test_a_lopsided_interval_has_more_room_on_its_wider_side() -> None:
    points = spread(np.array([1.0]), np.array([(1.0, 3.0)]))[0]
    assert points.min() == 1.0
    assert (points > 2.0).mean() == pytest.approx(0.5 * 0.41, abs=0.05)


def test_the_sure_one_beats_the_one_at_the_edge_even_where_its_value_is_no_better() -> None:
    values = np.array([[2.1], [2.1], [2.45]])
    intervals = np.array([[(2.0, 2.2)], [(1.1, 3.1)], [(2.35, 2.55)]])
    sure, vague, edge = expected([WINDOW], values, intervals, [None])
    assert sure > vague
    assert sure > edge


def test_without_intervals_the_score_is_the_plain_one_to_the_last_bit() -> None:
    random = np.random.default_rng(0)
    values = random.normal(2.0, 1.0, (50, 2))
    targets = [WINDOW, parse_target("max:other@2", {"other": Measure("other")})]
    spans = [None, (0.0, 4.0)]
    np.testing.assert_array_equal(
        expected(targets, values, np.full((50, 2, 2), np.nan), spans), overall(targets, values, spans)
    )


def test_chances_multiply_over_the_targets() -> None:
    both = chances([WINDOW, WINDOW], np.array([[2.0, 2.5]]), np.array([[NONE, (2.3, 2.7)]]))
    assert both[0] == pytest.approx(chance(WINDOW, np.array([2.5]), np.array([(2.3, 2.7)]))[0])
    assert chances([], np.zeros((3, 0)), np.zeros((3, 0, 2))).tolist() == [1.0, 1.0, 1.0]
