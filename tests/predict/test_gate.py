"""Zero or not, then how much: the answer is the median of what may be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekkei.predict.gate import best_width, gated, told_apart


def test_known_answers():
    chance, amount = np.array([1.0, 0.6, 0.5, 0.0]), np.full(4, 2.0)
    values, errors = gated(chance, amount, 0.5)
    assert values == pytest.approx([2.0, 2.0 + 0.5 * np.log(1 / 3), 0.0, 0.0])
    assert errors[0] == pytest.approx(0.5)  # the width of a Laplace distribution is its mean absolute deviation
    assert errors[3] == 0.0
    hard, doubt = gated(chance, amount, 0.0)
    assert hard.tolist() == [2.0, 2.0, 0.0, 0.0]
    assert doubt == pytest.approx([0.0, 0.4 * 2.0, 0.5 * 2.0, 0.0])


@given(st.floats(0.0, 1.0), st.floats(0.0, 5.0), st.floats(0.01, 2.0))
def test_no_other_answer_is_expected_to_err_less(chance, amount, width):
    value, error = (float(one[0]) for one in gated(np.array([chance]), np.array([amount]), width))

    def expected(said):
        apart = abs(said - amount)
        return (1 - chance) * abs(said) + chance * (apart + width * np.exp(-apart / width))

    assert error == pytest.approx(expected(value), abs=1e-9)
    assert all(error <= expected(other) + 1e-9 for other in np.linspace(0.0, 7.0, 141))


def test_the_error_told_is_the_one_made():
    random = np.random.default_rng(0)
    chance, amount = random.uniform(0, 1, 200_000), random.uniform(0, 4, 200_000)
    drawn = np.where(random.uniform(size=200_000) < chance, amount + random.laplace(0, 0.3, 200_000), 0.0)
    values, errors = gated(chance, amount, 0.3)
    assert np.abs(values - drawn).mean() == pytest.approx(errors.mean(), rel=0.01)
    hard, _ = gated(chance, amount, 0.0)
    assert np.abs(values - drawn).mean() < np.abs(hard - drawn).mean()


def test_an_amount_below_zero_counts_as_zero():
    assert gated(np.array([1.0]), np.array([-2.0]), 0.0) == (0.0, 0.0)


def test_answers_are_told_apart_by_the_width_of_the_others():
    random = np.random.default_rng(2)
    chance, amount, fold = random.uniform(0, 1, 900), random.uniform(1, 4, 900), np.arange(900) % 3
    truth = np.where(random.uniform(size=900) < chance, amount + random.laplace(0, 0.4, 900), 0.0)
    out = told_apart(chance, amount, truth, fold)
    width = best_width(chance[fold != 1], amount[fold != 1], truth[fold != 1])
    np.testing.assert_array_equal(out[fold == 1], gated(chance[fold == 1], amount[fold == 1], width)[0])
    changed = told_apart(chance, amount, np.where(fold == 1, 0.0, truth), fold)
    np.testing.assert_array_equal(changed[fold == 1], out[fold == 1])  # what is judged has no say


def test_the_width_is_found_from_what_was_left_out():
    random = np.random.default_rng(1)
    chance, amount = random.uniform(0, 1, 50_000), random.uniform(1, 4, 50_000)
    drawn = np.where(random.uniform(size=50_000) < chance, amount + random.laplace(0, 0.4, 50_000), 0.0)
    assert best_width(chance, amount, drawn) == pytest.approx(0.4, rel=0.25)
    assert best_width(chance, amount, np.zeros(50_000)) == 0.0
