"""The fast non-dominated sort against the definition."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from sekkei.core.targets import Target
from sekkei.core.types import Floats, Measure
from sekkei.rank.pareto import conflicting, fronts, losses


def slow_fronts(points: Floats) -> list[int]:
    """Peel one front after the other by comparing every pair of rows."""
    points = np.where(np.isnan(points), np.inf, points)
    left, found, number = set(range(len(points))), [0] * len(points), 0
    while left:
        number += 1
        front = {
            i for i in left if not any((points[j] <= points[i]).all() and (points[j] < points[i]).any() for j in left)
        }
        for i in front:
            found[i] = number
        left -= front
    return found


@settings(max_examples=60, deadline=None)
@given(
    arrays(
        np.float64,
        array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=25).filter(lambda shape: shape[1] < 6),
        elements=st.sampled_from([0.0, 1.0, 2.0, -1.5, np.inf, np.nan]),
    )
)
def test_fronts_equal_the_definition(points: Floats) -> None:
    assert fronts(points).tolist() == slow_fronts(points)


def test_fronts_of_many_distinct_points_equal_the_definition() -> None:
    points = np.random.default_rng(3).normal(size=(80, 3))
    assert fronts(points).tolist() == slow_fronts(points)


def test_no_rows_and_no_objectives() -> None:
    assert fronts(np.zeros((0, 2))).tolist() == []
    assert fronts(np.zeros((3, 0))).tolist() == [1, 1, 1]


def test_losses_turn_every_goal_into_smaller_is_better() -> None:
    a, b, c = (Measure(name, tolerance=0.5) for name in "abc")
    wishes = [
        Target(a, "min", -np.inf, np.inf),
        Target(b, "max", -np.inf, np.inf),
        Target(c, "window", 1.0, 2.0),
    ]
    got = losses(wishes, np.array([[3.0, 4.0, 1.5], [3.0, 4.0, 3.0]]))
    assert got.tolist() == [[3.0, -4.0, 0.0], [3.0, -4.0, 2.0]]
    floored = losses([Target(a, "min", 0.0, np.inf)], np.array([[-0.3], [0.0], [0.2], [np.nan]]))[:, 0]
    assert floored[:3].tolist() == [0.0, 0.0, 0.2]  # below the hull is no better than on it
    assert np.isnan(floored[3])
    assert conflicting(wishes)
    assert not conflicting(wishes[1:])
