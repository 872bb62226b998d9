"""Intervals cover what they should, and say how they were made."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sekkei.metrics.bootstrap import jackknife, of_mean, of_pairs, of_share
from sekkei.metrics.conditions import spearman


def test_a_share_lies_within_its_interval_of_the_known_width() -> None:
    made = of_share(900, 1000)
    assert made.low < 0.9 < made.high
    assert made.high - made.low == pytest.approx(2 * 1.96 * math.sqrt(0.09 / 1000), rel=0.15)


def test_a_share_of_all_or_none_has_the_exact_bound() -> None:
    assert of_share(100, 100).low == pytest.approx(0.025**0.01)
    assert of_share(0, 100).high == pytest.approx(1 - 0.025**0.01)
    assert math.isnan(of_share(0, 0).low)


def test_intervals_of_a_mean_cover_it_as_often_as_they_say() -> None:
    random = np.random.default_rng(0)
    made = [of_mean(random.exponential(1.0, 80)) for _ in range(100)]
    assert 85 <= sum(one.low <= 1.0 <= one.high for one in made) <= 100


def test_large_samples_take_the_normal_interval_of_the_same_width() -> None:
    values = np.random.default_rng(1).normal(0, 1, 12_000)
    large, small = of_mean(values), of_mean(values[:10_000])
    assert "normal" in large.method
    assert large.high - large.low == pytest.approx((small.high - small.low) * math.sqrt(5 / 6), rel=0.1)


def test_a_mean_over_pairs_is_twice_as_wide() -> None:
    values = np.random.default_rng(2).normal(0, 1, 500)
    one, two = of_mean(values), of_mean(values, places=2)
    assert two.high - two.low == pytest.approx(2 * (one.high - one.low))


def test_the_jackknife_of_a_mean_is_its_standard_error() -> None:
    values = np.random.default_rng(3).normal(0, 1, 2000)
    groups = np.array_split(values, 20)
    left = [np.concatenate(groups[:row] + groups[row + 1 :]).mean() for row in range(20)]
    made = jackknife(values.mean(), left)
    assert made.high - values.mean() == pytest.approx(2.093 / math.sqrt(2000), rel=0.4)


def test_the_jackknife_keeps_to_what_is_possible_and_needs_numbers() -> None:
    assert jackknife(0.0, [0.0, 0.2], low=0.0).low == 0.0
    assert math.isnan(jackknife(1.0, []).low)
    assert math.isnan(jackknife(1.0, [1.0, float("nan")]).low)


def test_pairs_are_resampled_together() -> None:
    a = np.arange(50.0)
    assert of_pairs(spearman, a, a).low == pytest.approx(1.0)
    assert math.isnan(of_pairs(spearman, a[:2], a[:2]).low)
