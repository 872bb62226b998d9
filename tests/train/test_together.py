"""Several targets at once: how they are shown, asked for and judged."""

from __future__ import annotations

import numpy as np
import pytest

from sekkei.data.encode import pack
from sekkei.train.together import asked_together, shown_together, some_of, worth_together
from sekkei.train.wishes import NOTHING, Span

COUNT = 20_000
UNIT = np.array([0.75, 0.5, 0.25, 0.5])


@pytest.fixture(scope="module")
def values():
    random = np.random.default_rng(0)
    return np.column_stack([random.random((COUNT, 3)), random.random(COUNT) < 0.5]).astype(np.float32)


def test_all_properties_stand_together_in_a_third_of_the_views(values):
    told = np.isfinite(some_of(values, np.random.default_rng(0)))
    assert told[:, :3].all(axis=1).mean() == pytest.approx(1 / 3, abs=0.02)
    assert (told[:, :3].sum(axis=1) == 1).mean() == pytest.approx(1 / 3, abs=0.02)
    assert told[:, :3].any(axis=1).all()
    assert told[:, 3].mean() == pytest.approx(0.25, abs=0.02)


def test_what_is_shown_is_true_and_one_view_in_seven_is_free(values):
    data = pack([[5]] * COUNT, values.astype(float))
    _, _, shown = shown_together(data, np.arange(COUNT), np.random.default_rng(0))
    told = shown.isfinite().numpy()
    assert (shown.numpy()[told] == values[told]).all()
    assert (~told.any(axis=1)).mean() == pytest.approx(0.15, abs=0.02)


def test_wishes_are_those_of_the_data_or_within_their_range_and_some_are_for_charges_alone(values):
    span = Span.of(values)
    wished = asked_together(values, span, np.ones(4), np.random.default_rng(0))
    told = np.isfinite(wished)
    alone = told[:, 3] & ~told[:, :3].any(axis=1)
    assert alone.mean() == pytest.approx(0.12, abs=0.02)
    assert wished[alone, 3].mean() == pytest.approx(0.8, abs=0.05)
    several = told[:, :3].sum(axis=1) > 1
    assert np.array_equal(wished[several][told[several]], values[several][told[several]])
    assert np.nanmin(wished) >= 0
    assert np.nanmax(wished) <= 1


def test_an_answer_is_worth_most_where_all_targets_are_met_at_once():
    wished = np.array([[2.0, -1.0, 0.0, np.nan]] * 4)
    found = np.array([[2.0, -1.0, 0.0, 0.0], [2.3, -1.2, 0.1, 0.0], [2.0, -1.0, 0.5, 1.0], [np.nan] * 4])
    worth = worth_together(found, wished, UNIT)
    assert worth[0] == 1
    assert worth[0] > worth[1] > worth[2] > worth[3] == -NOTHING
    by_hand = np.exp(-(0.4**2 + 0.4**2 + 0.4**2)) - 0.4 / 2
    assert worth[1] == pytest.approx(by_hand)
    assert worth_together(found[:1], np.full((1, 4), np.nan), UNIT)[0] == 0
