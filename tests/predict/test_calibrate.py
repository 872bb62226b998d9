from __future__ import annotations

import math

import numpy as np
import pytest

from sekkei.predict.calibrate import Classes, Margin, quantile


def test_the_conformal_quantile_is_the_ranked_score():
    assert quantile(np.arange(1.0, 10.0)) == 9.0  # ceil(10 x 0.9) = 9th of 9
    assert quantile(np.arange(1.0, 100.0)) == 90.0  # ceil(100 x 0.9) = 90th of 99
    assert math.isinf(quantile(np.arange(8.0)))  # too few to promise anything


def test_intervals_of_fresh_data_hold_the_truth_as_often_as_promised_and_vary_by_row():
    random = np.random.default_rng(0)
    spread = random.uniform(0.1, 2.0, 40_000)
    errors = np.abs(random.normal(0.0, spread))
    margin = Margin.fit(errors[:20_000], spread[:20_000])
    half = margin.half(spread[20_000:])
    assert np.mean(errors[20_000:] <= half) == pytest.approx(0.9, abs=0.01)
    # a normal error is within 1.645 of its spread in 90 of 100 cases
    assert margin.factor == pytest.approx(1.645, abs=0.05)
    assert half.max() / half.min() > 10


def test_each_class_is_held_by_nine_of_ten_sets_even_where_it_is_rare():
    random = np.random.default_rng(1)
    labels = (random.random(40_000) < 0.05).astype(float)
    scores = np.clip(random.normal(0.25 + 0.3 * labels, 0.2), 0.0, 1.0)
    classes = Classes.fit(scores[:20_000], labels[:20_000])
    sets = classes.sets(scores[20_000:])
    true = labels[20_000:]
    held = (sets[:, 0] <= true) & (true <= sets[:, 1])
    assert np.mean(held[true == 1]) == pytest.approx(0.9, abs=0.03)
    assert np.mean(held[true == 0]) == pytest.approx(0.9, abs=0.02)
    assert 0 < np.mean(sets[:, 0] == sets[:, 1]) < 1


def test_the_likelier_class_is_never_ruled_out():
    sets = Classes(least=0.9, most=0.1).sets(np.array([0.2, 0.8]))
    assert sets.tolist() == [[0.0, 0.0], [1.0, 1.0]]
